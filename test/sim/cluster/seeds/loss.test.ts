import { test } from 'vitest'
import { effort } from '../../../support/effort.ts'
import { liveThrough } from '../live-through.ts'

test.each([['dark', effort(300, 700)]] as const)(
  'clusters live through what is lost: %s, %i seeds',
  { timeout: 300_000 },
  liveThrough,
)
