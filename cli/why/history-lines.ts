import { microTime } from '../../lib/clock.ts'
import { describeHistory } from '../../operator/controller/history/describe-history.ts'
import {
  describeOutcome,
  inMs,
  stepWords,
  whatIsMissing,
} from '../../operator/controller/timeline/describe-failover.ts'
import type { Failover } from '../../operator/controller/timeline/failover.ts'
import type { TopicHistory } from './topic-history.ts'

/** What people read: a line for each thing that happened, and below the first of a failover its steps. */
export function historyLines({ sinceOffset, entries }: TopicHistory): string[] {
  const before = `What was before offset ${sinceOffset} of the metadata log is not kept.`
  const lines = sinceOffset === 0 ? [] : [before]
  const shown = new Set<Failover>() // it may be of many partitions
  const told = describeHistory(entries).flatMap((line, index) => {
    const failover = entries[index]?.failover
    if (failover === undefined || shown.has(failover)) return [line]
    shown.add(failover)
    return [line, ...failoverLines(failover)]
  })
  return [...lines, ...(told.length === 0 ? ['Nothing happened to it since.'] : told)]
}

function failoverLines(failover: Failover): string[] {
  const width = Math.max(...failover.steps.map(({ name }) => stepWords[name].length))
  const steps = failover.steps.map(({ name, atMs, tookMs }) => {
    const took = tookMs === null ? '' : `  +${inMs(tookMs)}`
    return `    ${stepWords[name].padEnd(width)}  ${inMillis(atMs)}${took}`
  })
  const missing = whatIsMissing(failover).map((what) => `    ${what}`)
  return [`  ${describeOutcome(failover)}`, ...steps, ...missing]
}

/** `2026-05-01T12:00:00.250Z` */
function inMillis(atMs: number): string {
  return microTime(atMs).replace('000Z', 'Z')
}
