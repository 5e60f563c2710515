import fc from 'fast-check'
import { expect, test } from 'vitest'
import { topicNamed } from '../../../../broker/metadata/image.ts'
import type { PartitionImage } from '../../../../broker/metadata/partition-table.ts'
import { isActive } from '../../../../operator/controller/decide/partition/rules.ts'
import { unborn } from '../../../../operator/controller/history/changes.ts'
import type { CauseWord, PartitionEntry } from '../../../../operator/controller/history/entry.ts'
import { partitionHistory } from '../../../../operator/controller/history/partition-history.ts'
import {
  addPartitions,
  beat,
  create,
  type Decide,
  DecidedLog,
  elect,
  electLongest,
  fence,
  inSync,
  move,
  remove,
  restart,
  set,
} from './decided-log.ts'

/** Something that may be decided, and how what it changes may be explained where nothing else is. */
class Act {
  readonly #name: string
  readonly decide: Decide
  readonly words: readonly CauseWord[]

  constructor(name: string, decide: Decide, words: readonly CauseWord[]) {
    this.#name = name
    this.decide = decide
    this.words = words
  }

  /** As fast-check shows it. */
  [fc.toStringMethod](): string {
    return this.#name
  }
}

const brokerIds = [1, 2, 3, 4, 5]
/** What any change of a partition may come to: an election that loses something, the end of a move. */
const any = ['UncleanElection', 'LastMemberElected', 'Moved'] as const
const uncleanSetting = 'unclean.leader.election.enable'

const broker = fc.constantFrom(...brokerIds)
const replicas = fc.shuffledSubarray(brokerIds, { minLength: 1, maxLength: 4 })
const partition = fc.tuple(fc.constantFrom('t', 't', 't', 'other'), fc.constantFrom(0, 1))

const act: fc.Arbitrary<Act> = fc.oneof(
  broker.map((id) => new Act(`fence ${id}`, fence(id), ['BrokerFenced', ...any])),
  { arbitrary: broker.map(beats), weight: 8 },
  broker.map((id) => {
    return new Act(`stop ${id}`, beat(id, { wantShutDown: true }), ['ControlledShutdown', ...any])
  }),
  broker.map((id) => new Act(`restart ${id}`, restart(id), ['BrokerRegistered', ...any])),
  broker.map((id) => {
    // Told apart from a restart only where it matters.
    const words = ['UnflushedLost', 'BrokerRegistered', ...any] as const
    return new Act(`restart ${id}, flushed`, restart(id, 'flushed'), words)
  }),
  broker.map((id) => {
    return new Act(`restart ${id}, nothing`, restart(id, 'nothing'), ['DataLost', ...any])
  }),
  { arbitrary: fc.tuple(partition, replicas).map(([at, ids]) => says(at, ids)), weight: 8 },
  partition.map(([topic, index]) => {
    const words = ['PreferredElection', 'ElectionAsked'] as const
    return new Act(`elect ${topic}-${index}`, elect('preferred', topic, index), words)
  }),
  partition.map(([topic, index]) => {
    const words = ['ElectionAsked', ...any] as const
    return new Act(`elect ${topic}-${index} uncleanly`, elect('unclean', topic, index), words)
  }),
  partition.map(([topic, index]) => {
    return new Act(`elect longest of ${topic}-${index}`, electLongest(topic, index), any)
  }),
  fc.tuple(partition, fc.option(replicas)).map(([[topic, index], ids]) => {
    return new Act(`move ${topic}-${index} ${ids}`, move(topic, index, ids), any)
  }),
  fc.constantFrom('true', null).map((value) => {
    const words = ['SettingsChanged', 'ElectionAsked', ...any] as const
    return new Act(`unclean ${value}`, set('t', uncleanSetting, value), words)
  }),
  replicas.map((ids) => new Act(`add ${ids}`, addPartitions('t', [ids]), ['PartitionsAdded'])),
  fc.constant(new Act('remove', remove('t'), ['Removed'])),
  replicas.map((ids) => new Act(`create ${ids}`, create('t', [ids]), ['Created'])),
)

const many = { maxLength: 60, size: 'max' } as const

function beats(id: number): Act {
  return new Act(`beat ${id}`, beat(id), ['BrokerUnfenced', ...any])
}

/** The leader says that of its replicas these are in sync, and itself, if they are there. */
function says([topic, index]: [string, number], ids: number[]): Act {
  const words = ['IsrShrunk', 'IsrGrown', 'IsrChanged', 'Recovered', ...any] as const
  const decide: Decide = (image, offset) => {
    const { leader = -1, replicas = [] } = topicNamed(image, topic)?.partitions.at(index) ?? {}
    const isr = ids.filter((id) => replicas.includes(id) && isActive(image, id))
    return inSync(topic, index, [...new Set([leader, ...isr])])(image, offset)
  }
  return new Act(`ISR ${topic}-${index} ${ids}`, decide, words)
}

function startLog(): DecidedLog {
  const log = new DecidedLog(...brokerIds)
  log.append(
    create('other', [
      [2, 3, 1],
      [1, 2, 3],
    ]),
    create('t', [
      [1, 2, 3],
      [3, 4, 5],
    ]),
  )
  expect(topicNamed(log.image, 't')?.partitions.count).toBe(2)
  return log
}

test('whatever is decided, in appends of one or of many: what is told comes to what is', () => {
  fc.assert(
    fc.property(fc.array(fc.array(act, { minLength: 1, maxLength: 4 }), many), (all) => {
      const log = startLog()
      for (const acts of all) log.append(...acts.map(({ decide }) => decide))
      const history = partitionHistory(log.batches, {
        before: log.before,
        topic: 't',
        partition: 0,
      })
      const { id, partitions } = topicNamed(log.image, 't') ?? {}
      const own = history.filter((entry) => entry.partition === 0 && entry.topicId === id)
      if (partitions === undefined) expect(history.at(-1)?.cause.word).toBe('Removed')
      else expect((own as PartitionEntry[]).reduce(next, unborn)).toEqual(partitions.at(0))
      expect(history.filter(({ cause }) => cause.word === 'Unknown')).toEqual([])
    }),
    { numRuns: 200 },
  )
})

test('what is decided alone is told by its own words', () => {
  fc.assert(
    fc.property(fc.array(act, many), (acts) => {
      const log = startLog()
      for (const { decide, words } of acts) {
        const [before, count] = [log.image, log.batches.length]
        log.append(decide)
        const told = partitionHistory(log.batches.slice(count), { before, topic: 't' })
        for (const { cause } of told) expect(words).toContain(cause.word)
      }
    }),
    { numRuns: 200 },
  )
})

/** What a partition is after what is told of it. */
function next(state: PartitionImage, { partitionEpoch, changes }: PartitionEntry): PartitionImage {
  let after: PartitionImage = { ...state, partitionEpoch }
  for (const change of changes) {
    if (change.what === 'leader') {
      const { to: leader, leaderEpoch } = change
      after = { ...after, leader, leaderEpoch }
    } else if (change.what === 'move') {
      const { addingReplicas, removingReplicas } = change
      after = { ...after, addingReplicas, removingReplicas }
    } else after = { ...after, [change.what]: change.to }
  }
  return after
}
