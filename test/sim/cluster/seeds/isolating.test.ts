import { test } from 'vitest'
import { effort } from '../../../support/effort.ts'
import { liveThrough } from '../live-through.ts'

const seeds = effort(230, 500)

test(`clusters live through followers that fall behind and leaders that die: ${seeds} seeds`, {
  timeout: 300_000,
}, () => {
  return liveThrough('isolating', seeds)
})
