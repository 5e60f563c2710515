import { test } from 'vitest'
import { effort } from '../../../support/effort.ts'
import { liveThrough } from '../live-through.ts'

const seeds = effort(200, 500)

test(`clusters live through news that comes late: ${seeds} seeds`, { timeout: 300_000 }, () => {
  return liveThrough('stuck', seeds)
})
