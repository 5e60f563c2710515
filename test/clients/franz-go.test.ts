import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { whyLater } from '../support/effort.ts'
import { RunningKavka } from '../support/kavka.ts'
import { franzGoSuite, type Outcome, whyNoFranzGo } from './franz-go.ts'

const noFranzGo = whyNoFranzGo()

/** What is there yet: no transactions, and no groups of KIP-848. */
const all = {
  records: 20_000,
  tests: 'TestGroupETL|TestConsume|TestProduce|TestPing|TestIssue',
  skipped: '848|Txn',
}
const few = { ...all, records: 2_000, tests: 'TestGroupETL|TestPing|TestIssue(325|648|831|865)$' }

/** Its clients give up where a rebalance has not come to its end for a minute and a half, as on a machine that is busy. */
const whyNotAlone =
  process.env['ALONE'] === undefined ? 'it needs the machine to itself: with ALONE=1' : undefined

const own = { timeout: 240_000, skip: noFranzGo !== undefined }

test("franz-go's own suite passes, as far as kavka goes", own, async () => {
  const kavka = await RunningKavka.start()
  onTestFinished(() => kavka[Symbol.asyncDispose](), 60_000)
  await passes(franzGoSuite(kavka.bootstrapServers, whyLater === undefined ? all : few))
})

test('it passes on three brokers that have a copy each of every record', {
  ...own,
  skip: (noFranzGo ?? whyLater) !== undefined,
}, async () => {
  const kavka = await startThree()
  const { bootstrapServers } = await kavka.whole(3)
  await passes(franzGoSuite(bootstrapServers, { ...all, replicas: 3 }))
})

test('its groups go on while one of three brokers after the other is killed', {
  ...own,
  skip: (noFranzGo ?? whyNotAlone) !== undefined,
}, async () => {
  const kavka = await startThree()
  const { bootstrapServers } = await kavka.whole(3)
  const groups = { ...all, tests: 'TestGroupETL', replicas: 3, isPatient: true }
  const suite = franzGoSuite(bootstrapServers, groups)
  const ended = suite.then(() => 'ended')
  let kills = 0
  while ((await Promise.race([ended, Promise.resolve('runs')])) === 'runs') {
    const pid = await kavka.pidOf(Math.floor(Math.random() * 3))
    process.kill(pid, 'SIGKILL')
    kills++
    await kavka.whole(3, [pid])
    // A rebalance waits for members, and they for their own retries: one may come to its end in between.
    await Promise.race([ended, sleep(3_000)])
  }
  await passes(suite)
  expect(kills).toBeGreaterThan(3)
})

async function passes(suite: Promise<Outcome>): Promise<void> {
  const { passed, failed } = await suite
  expect(failed).toEqual([])
  expect(passed).toContain('TestGroupETL/cooperative-sticky/static')
}

/** With what three brokers have by default. */
async function startThree(): Promise<RunningKavka> {
  const config = { 'default.replication.factor': undefined, 'min.insync.replicas': undefined }
  const kavka = await RunningKavka.start({ brokers: 3, config })
  onTestFinished(() => kavka[Symbol.asyncDispose](), 60_000)
  return kavka
}
