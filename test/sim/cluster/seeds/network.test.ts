import { test } from 'vitest'
import { effort } from '../../../support/effort.ts'
import { liveThrough } from '../live-through.ts'

test.each([
  ['isolating', effort(250, 500)],
  ['undecided', effort(100, 300)],
  ['stuck', effort(200, 500)],
  ['coordinators', effort(100, 300)],
] as const)(
  'clusters live through what the network does to them: %s, %i seeds',
  { timeout: 300_000 },
  liveThrough,
)
