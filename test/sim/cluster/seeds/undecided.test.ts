import { test } from 'vitest'
import { effort } from '../../../support/effort.ts'
import { liveThrough } from '../live-through.ts'

const seeds = effort(100, 300)

test(`clusters live through decisions that nobody hears of: ${seeds} seeds`, {
  timeout: 300_000,
}, () => {
  return liveThrough('undecided', seeds)
})
