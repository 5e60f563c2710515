import { test } from 'vitest'
import { effort } from '../../../support/effort.ts'
import { liveThrough } from '../live-through.ts'

const seeds = effort(230, 700)

test(`clusters live through the loss of their power: ${seeds} seeds`, { timeout: 300_000 }, () => {
  return liveThrough('dark', seeds)
})
