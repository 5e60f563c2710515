/**
 * Why the replicas of a partition change, the most urgent first:
 *
 * - `Leaving`: one of them is on a broker that is about to leave, or is not registered.
 * - `Racks`: they could be in more racks, or more evenly spread over them.
 * - `Balance`: brokers have unequal numbers of replicas.
 * - `Leaders`: brokers have unequal numbers of preferred leaders. Only the order changes: no data moves.
 */
export const whysOfMoves = ['Leaving', 'Racks', 'Balance', 'Leaders'] as const

/**
 * Why a partition stays on a broker that is about to leave:
 *
 * - `Moving`: it is on its way to there. Once it has arrived it can be moved on.
 * - `NoLeader`: nobody leads it, so that there is nobody to copy it from.
 * - `TooFewBrokers`: those that do not leave are fewer than it has replicas.
 */
export type WhyStays = 'Moving' | 'NoLeader' | 'TooFewBrokers'

type Which = { readonly topicId: string; readonly name: string; readonly partition: number }

/** Lists are broker ids, the preferred leader first. They have the same length. */
export type PlannedMove = Which & {
  readonly from: readonly number[]
  readonly to: readonly number[]
  readonly why: (typeof whysOfMoves)[number]
}

export type PlannedStay = Which & {
  /** Where it is, or is on its way to. */
  readonly replicas: readonly number[]
  readonly why: WhyStays
}

type Count = { readonly before: number; readonly after: number }

/** What a plan comes to. Partitions that move already are counted where they are moved to. */
export type PlanSummary = {
  /** How many replicas are copied to a broker that did not have them. */
  readonly replicasMoved: number
  /** How many partitions get another preferred leader. */
  readonly leadersChanged: number
  /** By rising id: all that are registered, and others that have replicas. */
  readonly brokers: readonly {
    readonly id: number
    readonly isLeaving: boolean
    readonly replicas: Count
    readonly leaders: Count
  }[]
}

/** What is to be moved, as data: nothing happens by it. */
export type Plan = {
  /** By why, then by name of topic and number. */
  readonly moves: readonly PlannedMove[]
  /** What ought to leave a broker and cannot, by name of topic and number. */
  readonly stays: readonly PlannedStay[]
  readonly summary: PlanSummary
}
