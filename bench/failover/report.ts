import { percentile } from './gaps.ts'
import type { Measured } from './measure.ts'

/** What stands above `rowOf`. */
export const head = lineOf(
  ['system', 'fault', 'client', 'settings'],
  ['runs', 'least', '50 %', '99 %', 'most', 'acked', 'failed', 'lost', 'twice', 'disordered'],
)

/** One line for a combination: gaps in milliseconds, then what became of its records. */
export function rowOf(combination: readonly string[], measured: Measured): string {
  const { gapsMs, acknowledged, failures, lost, twice, disordered } = measured
  const gaps = [0, 0.5, 0.99, 1].map((part) => percentile(gapsMs, part))
  const records = [acknowledged, failures.length, lost, twice, disordered]
  const numbers = [gapsMs.length, ...gaps, ...records]
  return lineOf(
    combination,
    numbers.map((number) => number.toFixed(0)),
  )
}

function lineOf(words: readonly string[], numbers: readonly string[]): string {
  return [
    ...words.map((word) => word.padEnd(11)),
    ...numbers.map((number) => number.padStart(7)),
  ].join(' ')
}
