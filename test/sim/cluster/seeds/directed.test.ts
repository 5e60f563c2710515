import { test } from 'vitest'
import { effort } from '../../../support/effort.ts'
import * as directed from '../directed.ts'
import { liveThrough } from '../live-through.ts'

const kinds = Object.keys(directed) as (keyof typeof directed)[]

test.each(kinds)('clusters live through what would show a mistake: %s', (kind) => {
  return liveThrough(kind, effort(15, 100))
})
