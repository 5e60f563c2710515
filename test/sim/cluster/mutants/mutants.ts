import type { PlanKind } from '../plans.ts'

/** A rule of the product that is taken out, as a change of its text. */
export type Mutant = {
  readonly name: string
  readonly file: string
  /** It is there once. */
  readonly from: string
  readonly to: string
  /** Left out: the usual one. */
  readonly plan?: PlanKind
  /** What breaks then. */
  readonly breaks: readonly string[]
}

const lost = ['AcknowledgedLost', 'CommittedDiffers', 'OffsetNamesTwo', 'Halted'] as const
const decide = 'operator/controller/decide'

export const mutants: readonly Mutant[] = [
  {
    name: 'an empty disk keeps its seats',
    file: `${decide}/register-broker.ts`,
    from: 'const lose = isSame ? brokerGone : dataGone',
    to: 'const lose = brokerGone',
    breaks: ['Exception', 'UnhandledRejection', ...lost],
  },
  {
    name: 'who is fenced stays in sync',
    file: `${decide}/partition/of-broker.ts`,
    from: 'return { isr: others(isr, brokerId) }',
    to: 'return {}',
    breaks: ['InSyncAndAway'],
  },
  {
    name: 'the leader changes without a new epoch',
    file: 'broker/metadata/apply-topics.ts',
    from: 'leaderEpoch: elects ? before.leaderEpoch + 1 : before.leaderEpoch,',
    to: 'leaderEpoch: before.leaderEpoch,',
    breaks: ['TwoLeaders', 'LeaderWithoutEpoch'],
  },
  {
    name: 'who leaves the ISR below the minimum is not eligible',
    file: `${decide}/partition/change.ts`,
    from: 'const elr = out.filter((id) => about.hasData(id) && replicas.includes(id))',
    to: 'const elr: number[] = []',
    breaks: ['NotHealthy', ...lost],
  },
  {
    name: 'anybody may lead',
    file: `${decide}/partition/elect.ts`,
    from: "mayBeUnclean || election === 'unclean' ?",
    to: 'true ?',
    breaks: [...lost, 'Exception', 'UnhandledRejection'],
  },
  {
    name: 'an older state of the partition is good enough',
    file: `${decide}/partition/alter-partition.ts`,
    from: "isRepeated ? undefined : 'INVALID_UPDATE_VERSION'",
    to: 'undefined',
    breaks: ['InSyncAndAway', ...lost],
  },
  {
    name: 'answers come before they are appended',
    file: 'operator/controller/metadata-writer.ts',
    from: 'await new Promise<void>((resolve, reject) => {',
    to: 'void new Promise<void>((resolve, reject) => {',
    breaks: ['NotHealthy', 'NotInStore', 'UnhandledRejection', ...lost],
  },
  {
    name: 'brokers are told of what is not appended yet',
    file: 'operator/controller/metadata-writer.ts',
    from: "if (appended.type === 'superseded') {",
    to: "if (appended.type === ('never' as string)) {",
    breaks: ['Exception', 'UnhandledRejection', 'NotInStore'],
  },
  {
    name: 'a new ISR is counted at once, not the larger of both',
    file: 'broker/replica/isr-proposal.ts',
    from: 'if (isr.includes(brokerId)) return true\n  return pending',
    to: 'if (pending === undefined) return isr.includes(brokerId)\n  return pending',
    breaks: lost,
  },
  {
    name: 'a follower that parts from the leader is not told',
    file: 'broker/replica/leader-fetch.ts',
    from: "if (divergingEpoch !== undefined) return { type: 'diverging', divergingEpoch }",
    to: '',
    breaks: lost,
  },
  {
    name: 'the high watermark moves below min.insync.replicas',
    file: 'broker/replica/high-watermark.ts',
    from: 'if (state.isResigned || isUnderMinIsr(state, now)) return state',
    to: 'if (state.isResigned) return state',
    plan: 'isolating',
    breaks: lost,
  },
  {
    name: 'a follower joins before it has the high watermark',
    file: 'broker/replica/isr-proposal.ts',
    from: 'if (logEndOffset < state.highWatermark || logEndOffset < state.epochStartOffset) return state',
    to: '',
    plan: 'isolating',
    breaks: lost,
  },
  {
    name: 'eligible replicas are not asked to lead',
    file: `${decide}/partition/elect.ts`,
    from: 'replicas.find((id) => elr.includes(id) && mayLead(id))',
    to: 'undefined',
    plan: 'isolating',
    breaks: ['NotHealthy'],
  },
  {
    name: 'the follower cuts its log where the leader says, whatever it has itself',
    file: 'broker/replica/truncation.ts',
    from: 'const target = Math.min(own === -1 ? logEndOffset : own, endOffset)',
    to: 'const target = own === -1 ? logEndOffset : endOffset',
    breaks: ['NotHealthy', ...lost],
  },
  {
    name: 'the fetch of a follower counts what it has not flushed',
    file: 'broker/replica/follower-state.ts',
    from: "if (log.countedEndOffset < log.logEndOffset) return { state, turn: { type: 'flush' } }",
    to: '',
    breaks: lost,
  },
  {
    name: 'acks=all does not wait',
    file: 'broker/replica/acks-all.ts',
    from: "if (state.highWatermark < nextOffset) return state.isResigned ? notLed() : 'waits'",
    to: '',
    breaks: lost,
  },
]
