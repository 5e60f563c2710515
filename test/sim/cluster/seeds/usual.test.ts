import { expect, test } from 'vitest'
import { effort } from '../../../support/effort.ts'
import { liveThrough } from '../live-through.ts'
import { clusterPlan } from '../plans.ts'
import { runCluster } from '../run.ts'

const seeds = effort(320, 750)

test(`clusters live through some of all: ${seeds} seeds`, { timeout: 600_000 }, () => {
  return liveThrough('usual', seeds)
})

test('a seed is the same run each time, and by both ways to drive it', async () => {
  const hashes = []
  for (const driver of ['ticks', 'ticks', 'immediates'] as const) {
    const { world } = await runCluster(clusterPlan(1), { driver })
    hashes.push(world.trace.hash)
  }
  expect(new Set(hashes).size).toBe(1)
})
