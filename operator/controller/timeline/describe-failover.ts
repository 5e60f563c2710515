import { counted } from '../../../lib/wording.ts'
import type { Failover, StepName } from './failover.ts'

/** One line for a log: of whom, what came of it, and how long each step took. */
export function describeFailover(failover: Failover): string {
  const steps = failover.steps.flatMap(({ name, tookMs }) => {
    return tookMs === null ? [] : [`${stepWords[name]} +${inMs(tookMs)}`]
  })
  return [describeOutcome(failover), steps.join(', '), ...whatIsMissing(failover)].join('; ')
}

/** What came of it, without the steps. */
export function describeOutcome({ brokerId, why, partitions, leaderless }: Failover): string {
  const moved = partitions - leaderless
  const verb = (count: number, one: string, more: string) => (count === 1 ? one : more)
  const outcomes = [
    ...(moved > 0
      ? [`${counted(moved, 'partition')} ${verb(moved, 'leads', 'lead')} elsewhere`]
      : []),
    ...(leaderless > 0
      ? [`${counted(leaderless, 'partition')} ${verb(leaderless, 'has', 'have')} no leader`]
      : []),
  ]
  return `failover of broker ${brokerId} (${why}): ${outcomes.join(', ')}`
}

/** None or one. */
export function whatIsMissing({ notSeen }: Failover): string[] {
  if (notSeen.length === 0) return []
  return [`of broker ${notSeen.join(', ')} it was not seen that it leads`]
}

export const stepWords: Readonly<Record<StepName, string>> = {
  lastHeard: 'last heard',
  detected: 'detected',
  decided: 'decided',
  appended: 'appended',
  pushed: 'pushed',
  led: 'led',
}

/** Below ten with a tenth. */
export function inMs(ms: number): string {
  return `${ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms)} ms`
}
