import { expect, test } from 'vitest'
import { whyNoConfluentKafka } from '../clients/tools.ts'
import { whyLater } from '../support/effort.ts'
import { whyNoUp } from '../support/kavka.ts'
import { runChaos } from './chaos.ts'

const missing = whyNoUp() ?? whyNoConfluentKafka() ?? whyLater

test('for some seconds brokers are hurt at random, and nothing that was acknowledged is amiss', {
  timeout: 120_000,
  skip: missing !== undefined,
}, async () => {
  const seed = Number(process.env['SEED'] ?? 1)
  const { faults, acknowledged, read, fatal, givenUp, ...amiss } = await runChaos({
    seed,
    seconds: 15,
  })
  const nothing = { lost: 0, twice: 0, disordered: 0, misplaced: 0, dirtyReads: 0, readGaps: 0 }
  expect(amiss, `seed ${seed}: ${JSON.stringify({ faults, fatal, givenUp })}`).toEqual({
    ...nothing,
    unlike: [],
    problems: [],
  })
  expect(acknowledged).toBeGreaterThan(1_000)
  expect(read).toBeGreaterThanOrEqual(acknowledged)
})
