import { test } from 'vitest'
import { effort } from '../../../support/effort.ts'
import { liveThrough } from '../live-through.ts'

const seeds = effort(320, 750)

/** In a file of its own, for another worker. */
test(`clusters live through some more of all: ${seeds} seeds`, { timeout: 600_000 }, () => {
  return liveThrough('usual', seeds, { from: 1_001 })
})
