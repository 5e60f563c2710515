import type { Mutant } from './mutant.ts'

const coordinator = 'broker/coordinator'
const wrong = ['ToldUncommitted', 'CommitWentBack'] as const

/** What groups are told of their offsets (safety rules, case 16). */
export const ofCoordinator: readonly Mutant[] = [
  {
    name: 'offsets are told before they are committed',
    file: `${coordinator}/shard.ts`,
    from: '    try {\n      await this.#committed()\n',
    to: '    try {\n      if (decision.records.length > 0) await this.#committed()\n',
    plan: 'coordinators',
    breaks: wrong,
  },
  {
    name: 'commits are acknowledged before they are committed',
    file: `${coordinator}/shard.ts`,
    from: 'await partition.untilCommitted(this.#end, commitTimeoutMs)',
    to: '',
    plan: 'coordinators',
    breaks: wrong,
  },
  {
    name: 'groups are told of what was loaded before it is committed',
    file: `${coordinator}/coordinated-partition.ts`,
    from: 'const committing = partition.untilCommitted(endOffset, patienceMs)',
    to: 'const committing = undefined',
    plan: 'coordinators',
    breaks: wrong,
  },
  {
    name: 'groups are told of while they are loaded',
    file: `${coordinator}/coordinated-partition.ts`,
    from: "if (this.#status === 'active') return this.#shard as Shard",
    to: 'if (this.#shard !== undefined) return this.#shard',
    plan: 'coordinators',
    breaks: wrong,
  },
  {
    name: 'a failed append does not unload',
    file: `${coordinator}/shard.ts`,
    from: 'if (isOfDisk && this.#ended === undefined) this.#options.onUncertain()',
    to: '',
    plan: 'coordinators',
    breaks: wrong,
  },
  {
    name: 'what cannot be appended counts all the same',
    file: `${coordinator}/shard.ts`,
    from:
      '      this.#end = partition.appendOwn(buildBatch({ records: encoded.slice(from, to) }))\n' +
      '      for (let i = from; i < to; i++) this.state.replay(records[i] as CoordinatorRecord)\n',
    to:
      '      for (let i = from; i < to; i++) this.state.replay(records[i] as CoordinatorRecord)\n' +
      '      this.#end = partition.appendOwn(buildBatch({ records: encoded.slice(from, to) }))\n',
    plan: 'coordinators',
    breaks: wrong,
  },
  {
    name: 'groups are kept while others lead them',
    file: `${coordinator}/group-coordinator.ts`,
    from: 'if (isThere && led.leaderEpoch === topic.partitions.leaderEpoch(index)) continue',
    to: 'continue',
    plan: 'coordinators',
    breaks: wrong,
  },
]
