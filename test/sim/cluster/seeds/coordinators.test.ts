import { test } from 'vitest'
import { effort } from '../../../support/effort.ts'
import { liveThrough } from '../live-through.ts'

const seeds = effort(100, 300)

test(`clusters live through groups that are led by one after the other: ${seeds} seeds`, {
  timeout: 300_000,
}, () => {
  return liveThrough('coordinators', seeds)
})
