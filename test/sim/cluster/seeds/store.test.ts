import { test } from 'vitest'
import { effort } from '../../../support/effort.ts'
import { liveThrough } from '../live-through.ts'

test.each([
  ['onKubernetes', effort(70, 300)],
  ['deposed', effort(60, 300)],
  ['restored', effort(100, 300)],
  ['forked', effort(50, 300)],
  ['takenBack', effort(50, 300)],
] as const)(
  'clusters live through what becomes of their store: %s, %i seeds',
  { timeout: 300_000 },
  liveThrough,
)
