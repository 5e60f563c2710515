import { test } from 'vitest'
import { effort } from '../../../support/effort.ts'
import { liveThrough } from '../live-through.ts'

const seeds = effort(40, 300)

test(`clusters live through nodes of two versions: ${seeds} seeds`, { timeout: 300_000 }, () => {
  return liveThrough('mixed', seeds)
})
