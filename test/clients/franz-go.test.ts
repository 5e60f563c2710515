import { expect, onTestFinished, test } from 'vitest'
import { effort } from '../support/effort.ts'
import { RunningKavka } from '../support/kavka.ts'
import { franzGoSuite, whyNoFranzGo } from './franz-go.ts'

const noFranzGo = whyNoFranzGo()

/** What is there yet: no transactions, and no groups of KIP-848. */
const all = {
  records: 20_000,
  tests: 'TestGroupETL|TestConsume|TestProduce|TestPing|TestIssue',
  skipped: '848|Txn',
}
const few = { ...all, records: 2_000, tests: 'TestGroupETL|TestPing|TestIssue(325|648|831|865)$' }

test("franz-go's own suite passes, as far as kavka goes", {
  timeout: 240_000,
  skip: noFranzGo !== undefined,
}, async () => {
  const kavka = await RunningKavka.start()
  onTestFinished(() => kavka[Symbol.asyncDispose](), 60_000)
  const suite = effort(0, 1) === 1 ? all : few
  const { passed, failed } = await franzGoSuite(kavka.bootstrapServers, suite)
  expect(failed).toEqual([])
  expect(passed).toContain('TestGroupETL/cooperative-sticky/static')
})
