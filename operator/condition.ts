import { rfc3339 } from '../lib/clock.ts'

/** What a reconciler has come to, for the status of its resource: `Ready`, or why not. */
export type Readiness = {
  readonly status: 'True' | 'False' | 'Unknown'
  /** CamelCase and stable. */
  readonly reason: string
  readonly message: string
}

export type Condition = Readiness & {
  readonly type: 'Ready'
  /** RFC 3339. */
  readonly lastTransitionTime: string
}

/** The condition after what was found now; its time is that of the last change of its status. */
export function readyCondition(
  before: Condition | undefined,
  now: Readiness,
  nowMs: number,
): Condition {
  const isSame = before?.status === now.status
  const lastTransitionTime = isSame ? before.lastTransitionTime : rfc3339(nowMs)
  return { type: 'Ready', ...now, lastTransitionTime }
}

/** The conditions of a resource in Kubernetes after what was found now. */
export function conditionsAfter(
  { metadata, status }: WithConditions,
  now: Readiness,
  nowMs: number,
): ResourceCondition[] {
  const before = status?.conditions?.find(isReady)
  const { generation } = metadata
  const seen = generation === undefined ? {} : { observedGeneration: generation }
  return [{ ...readyCondition(before, now, nowMs), ...seen }]
}

type WithConditions = {
  readonly metadata: { readonly generation?: number }
  readonly status?: {
    readonly conditions?: readonly (Omit<Condition, 'type'> & { readonly type: string })[]
  }
}
type ResourceCondition = Condition & { readonly observedGeneration?: number }

function isReady<T extends { readonly type: string }>(
  condition: T,
): condition is T & { type: 'Ready' } {
  return condition.type === 'Ready'
}
