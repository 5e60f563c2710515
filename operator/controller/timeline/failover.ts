import type { GoneWord } from '../history/triggers.ts'

/**
 * What came of the loss of a broker that led something, and when: from the last that was seen of it
 * until the others lead.
 */
export type Failover = {
  readonly brokerId: number
  readonly cause: GoneWord
  /** In words, as it was noticed. */
  readonly why: string
  readonly controllerEpoch: number
  /** Where it is in the metadata log: of its first record. */
  readonly offset: number
  /** Behind its last record. */
  readonly endOffset: number
  /** That it led before. */
  readonly partitions: number
  /** How many of these nobody leads now. */
  readonly leaderless: number
  /** In their order; those that it has not come to are left out. */
  readonly steps: readonly FailoverStep[]
  /** Who is to lead, and has not shown that it does: it is gone too, or silent. */
  readonly notSeen: readonly number[]
}

export type FailoverStep = {
  readonly name: StepName
  /** Since 1970. */
  readonly atMs: number
  /** Since the step before, by the monotonic clock; null of the first. */
  readonly tookMs: number | null
}

export const stepNames = [
  'lastHeard', // it spoke, or its connection was lost; not where it said itself that it goes
  'detected', // it counts as gone
  'decided', // who leads instead
  'appended', // that is in the metadata log for ever
  'pushed', // the last of those who lead instead was sent it
  'led', // the last of them has shown that it acts on it
] as const

export type StepName = (typeof stepNames)[number]
