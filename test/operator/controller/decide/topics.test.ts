import { describe, expect, test } from 'vitest'
import { applyRecords } from '../../../../broker/metadata/apply.ts'
import {
  configOf,
  emptyImage,
  type TopicOwner,
  topicNamed,
} from '../../../../broker/metadata/image.ts'
import type { RequestOf } from '../../../../broker/protocol/apis.ts'
import { zeroUuid } from '../../../../broker/protocol/codec/uuid.ts'
import { errorCodes } from '../../../../broker/protocol/generated/error-codes.ts'
import { createPartitions } from '../../../../operator/controller/decide/create-partitions.ts'
import { createTopics } from '../../../../operator/controller/decide/create-topics.ts'
import { deleteTopics } from '../../../../operator/controller/decide/delete-topics.ts'
import type { IsLeaving } from '../../../../operator/controller/decide/placement.ts'
import { uuid } from '../../../broker/metadata/support.ts'
import { broker, chance, clusterOf, topic } from './support.ts'

type NewTopic = RequestOf<'CreateTopics'>['topics'][number]

const owner: TopicOwner = { origin: 'protocol', resourceUid: null }
const brokerConfig = new Map([
  ['num.partitions', '3'],
  ['log.retention.hours', '2'],
])
const context = { random: chance(1), owner, brokerConfig, isLeaving: () => false }
const image = applyRecords(clusterOf(1, 2), [
  ...topic('there', uuid(10), [1]),
  ...topic('with_underscore', uuid(11), [2]),
  ...broker(3, { fenced: true }),
])

test('a topic is made with the defaults of the cluster, and answered with all its settings', () => {
  const { records, response } = create(asked('new', { configs: [config('retention.bytes', '5')] }))
  const made = topicNamed(applyRecords(image, records), 'new')
  expect(made).toMatchObject({ owner, partitions: { count: 3 } })
  expect(made?.partitions.at(0)).toMatchObject({ leaderEpoch: 0, partitionEpoch: 0 })
  expect(response).toMatchObject({ topicId: made?.id, numPartitions: 3, replicationFactor: 1 })
  expect(response?.configs).toContainEqual(described('retention.bytes', '5', 1))
  expect(response?.configs).toContainEqual(described('retention.ms', '7200000', 4))
  expect(response?.configs).toContainEqual(described('segment.bytes', '1073741824', 5))
})

test('nothing is made where it is only to be checked', () => {
  const decided = createTopics(image, { topics: [asked('new')], validateOnly: true }, context)
  expect(decided.records).toEqual([])
  expect(decided.response.topics?.[0]).toMatchObject({ errorCode: 0, topicId: zeroUuid })
})

test.each([
  ['TOPIC_ALREADY_EXISTS', asked('there')],
  ['INVALID_TOPIC_EXCEPTION', asked('')],
  ['INVALID_TOPIC_EXCEPTION', asked('..')],
  ['INVALID_TOPIC_EXCEPTION', asked('a/b')],
  ['INVALID_TOPIC_EXCEPTION', asked('a'.repeat(250))],
  ['INVALID_TOPIC_EXCEPTION', asked('with.underscore')],
  ['INVALID_REQUEST', asked('__cluster_metadata')],
  ['INVALID_PARTITIONS', asked('n', { numPartitions: 0 })],
  ['INVALID_PARTITIONS', asked('n', { numPartitions: -2 })],
  ['POLICY_VIOLATION', asked('n', { numPartitions: 10_001 })],
  ['INVALID_REPLICATION_FACTOR', asked('n', { replicationFactor: 0 })],
  ['INVALID_REPLICATION_FACTOR', asked('n', { replicationFactor: 4 })],
  ['INVALID_CONFIG', asked('n', { configs: [config('retention.msx', '1')] })],
  ['INVALID_CONFIG', asked('n', { configs: [config('retention.ms', 'soon')] })],
  ['INVALID_CONFIG', asked('n', { configs: [config('retention.ms', null)] })],
  ['INVALID_REQUEST', manual([[1]], { numPartitions: 1 })],
  ['INVALID_REQUEST', manual([[1]], { replicationFactor: 1 })],
  ['INVALID_REPLICA_ASSIGNMENT', manual([[9]])],
  ['INVALID_REPLICA_ASSIGNMENT', manual([[]])],
  ['INVALID_REPLICA_ASSIGNMENT', manual([[1, 1]])],
  ['INVALID_REPLICA_ASSIGNMENT', manual([[1], [1, 2]])],
  ['INVALID_REPLICA_ASSIGNMENT', manual([[3]])],
] as const)('%s is answered where Kafka answers it: %j', (code, topic) => {
  const { records, response } = create(topic)
  expect(response).toMatchObject({ errorCode: errorCodes[code] })
  expect(response?.errorMessage).toMatch(/./)
  expect(records).toEqual([])
})

test('more replicas than brokers are refused with a line that says why', () => {
  const { response } = create(asked('n', { replicationFactor: 4 }))
  expect(response?.errorMessage).toBe(
    'Unable to replicate the partition 4 time(s): The target replication factor cannot be reached because only 3 broker(s) are registered.',
  )
})

test('a broker that is away is given replicas where there are too few others, and leads nothing', () => {
  const { records } = create(asked('n', { numPartitions: 4, replicationFactor: 3 }))
  const { partitions } = topicNamed(applyRecords(image, records), 'n') ?? {}
  for (const index of [0, 1, 2, 3]) {
    const { replicas, isr, leader } = partitions?.at(index) ?? {}
    expect(replicas?.toSorted()).toEqual([1, 2, 3])
    expect(replicas?.[2]).toBe(3)
    expect(isr?.toSorted()).toEqual([1, 2])
    expect(leader).toBe(replicas?.[0])
  }
  const two = create(asked('n', { numPartitions: 4, replicationFactor: 2 }))
  const others = topicNamed(applyRecords(image, two.records), 'n')?.partitions
  expect([0, 1, 2, 3].flatMap((index) => others?.at(index).replicas ?? [])).not.toContain(3)
})

describe('a topic that brokers keep for themselves', () => {
  const minInSync = (
    copies: number,
    config = new Map<string, string>(),
    name = '__consumer_offsets',
  ) => {
    const topics = [asked(name, { replicationFactor: copies })]
    const own = { ...context, brokerConfig: new Map([...brokerConfig, ...config]) }
    const { records } = createTopics(image, { topics, validateOnly: false }, own)
    return configOf(applyRecords(image, records), { type: 2, name }).get('min.insync.replicas')
  }

  test('with three replicas is written to as long as two are in sync', () => {
    expect(minInSync(3)).toBe('2')
    expect(minInSync(2)).toBeUndefined()
    expect(minInSync(3, new Map(), 'others')).toBeUndefined()
  })

  test('has what the cluster says, if it does', () => {
    expect(minInSync(3, new Map([['min.insync.replicas', '1']]))).toBeUndefined()
  })
})

test('partitions go where they are told to', () => {
  const { records } = create(manual([[2], [1], [2]]))
  const made = topicNamed(applyRecords(image, records), 'n')
  expect([0, 1, 2].map((partition) => made?.partitions.leader(partition))).toEqual([2, 1, 2])
})

test('one bad topic fails alone; a name that comes twice is not made at all', () => {
  const topics = [asked('a'), asked('there'), asked('b'), asked('b')]
  const { records, response } = createTopics(image, { topics, validateOnly: false }, context)
  expect(response.topics?.map(({ errorCode }) => errorCode)).toEqual([0, 36, 42])
  expect([...applyRecords(image, records).topicIds.keys()].toSorted()).toEqual([
    'a',
    'there',
    'with_underscore',
  ])
})

test('of a setting that is given twice the last one counts', () => {
  const configs = [config('retention.ms', '1'), config('retention.ms', '2')]
  const { records } = create(asked('new', { configs }))
  const made = configOf(applyRecords(image, records), { type: 2, name: 'new' })
  expect([...made]).toEqual([['retention.ms', '2']])
})

test('a request for too many partitions makes none of its topics', () => {
  const topics = [asked('a', { numPartitions: 9_999 }), asked('b', { numPartitions: 2 })]
  const { records, response } = createTopics(image, { topics, validateOnly: false }, context)
  const { POLICY_VIOLATION } = errorCodes
  expect(response.topics?.map(({ errorCode }) => errorCode)).toEqual([
    POLICY_VIOLATION,
    POLICY_VIOLATION,
  ])
  expect(records).toEqual([])
})

test('no topic can be made while no broker is there', () => {
  const { response } = createTopics(
    emptyImage,
    { topics: [asked('n')], validateOnly: false },
    context,
  )
  expect(response.topics?.[0]).toMatchObject({ errorCode: 38 })
})

test('topics of brokers themselves are internal, whoever makes them', () => {
  const { records } = create(asked('__consumer_offsets'))
  const made = topicNamed(applyRecords(image, records), '__consumer_offsets')
  expect(made?.owner?.origin).toBe('internal')
})

test('a topic is removed by its name or its id, with its settings, and a new one has a higher leader epoch', () => {
  const made = create(asked('new', { configs: [config('retention.ms', '1')] }))
  const before = applyRecords(image, made.records)
  const byName = remove(before, { name: 'new', topicId: zeroUuid })
  const byId = remove(before, { name: null, topicId: topicNamed(before, 'new')?.id as string })
  expect(byName.records).toEqual(byId.records)
  const after = applyRecords(before, byName.records)
  expect(topicNamed(after, 'new')).toBeUndefined()
  expect(configOf(after, { type: 2, name: 'new' }).size).toBe(0)

  const again = createTopics(after, { topics: [asked('new')], validateOnly: false }, context)
  const remade = topicNamed(applyRecords(after, again.records), 'new')
  expect(remade?.partitions.leaderEpoch(0)).toBe(1)
})

test.each([
  ['UNKNOWN_TOPIC_OR_PARTITION', { name: 'nowhere', topicId: zeroUuid }],
  ['UNKNOWN_TOPIC_ID', { name: null, topicId: uuid(99) }],
  ['INVALID_REQUEST', { name: null, topicId: zeroUuid }],
  ['INVALID_REQUEST', { name: 'there', topicId: uuid(10) }],
] as const)('a topic that cannot be removed is answered %s: %j', (code, topic) => {
  expect(remove(image, topic).response.responses?.[0]).toMatchObject({
    errorCode: errorCodes[code],
  })
})

test.each([
  ['by name', [byName('there'), byName('there')], 'there', zeroUuid],
  ['by id', [byId(uuid(10)), byId(uuid(10))], null, uuid(10)],
  ['by both', [byId(uuid(10)), byName('there')], 'there', uuid(10)],
] as const)(
  'a topic that is named twice, %s, stays and is answered once',
  (_, topics, name, topicId) => {
    const request = { topics: [...topics], topicNames: [] }
    const { records, response } = deleteTopics(image, request, { by: 'protocol', brokerConfig })
    expect(records).toEqual([])
    expect(response.responses).toMatchObject([
      { name, topicId, errorCode: errorCodes.INVALID_REQUEST },
    ])
  },
)

test('a name that comes with an id is refused, and keeps nobody from deleting by the id', () => {
  const both = { name: 'there', topicId: uuid(99) }
  const request = { topics: [both, byId(uuid(10))], topicNames: [] }
  const { records, response } = deleteTopics(image, request, { by: 'protocol', brokerConfig })
  expect(records).toHaveLength(1)
  expect(response.responses?.map(({ errorCode }) => errorCode)).toEqual([42, 0])
})

test("a topic of a Topic resource is not the protocol's to remove or to grow", () => {
  const applied: TopicOwner = { origin: 'resource', resourceUid: 'u-1' }
  const { records } = createTopics(
    image,
    { topics: [asked('n')], validateOnly: false },
    { ...context, owner: applied },
  )
  const owned = applyRecords(image, records)
  const one = { name: 'n', topicId: zeroUuid }
  expect(remove(owned, one)).toMatchObject({
    records: [],
    response: { responses: [{ errorCode: errorCodes.POLICY_VIOLATION }] },
  })
  const request = { topics: [one], topicNames: [] }
  expect(deleteTopics(owned, request, { by: 'resource', brokerConfig }).records).toHaveLength(1)
})

test('partitions are added behind those that are there', () => {
  const { records, results } = grow({ name: 'there', count: 3, assignments: null })
  expect(results?.[0]?.errorCode).toBe(0)
  const { partitions } = topicNamed(applyRecords(image, records), 'there') ?? {}
  expect(partitions?.count).toBe(3)
  expect(partitions?.leader(1)).not.toBe(-1)
})

test.each([
  ['INVALID_PARTITIONS', { name: 'there', count: 1, assignments: null }],
  ['INVALID_PARTITIONS', { name: 'there', count: 0, assignments: null }],
  ['UNKNOWN_TOPIC_OR_PARTITION', { name: 'nowhere', count: 2, assignments: null }],
  ['INVALID_REPLICA_ASSIGNMENT', { name: 'there', count: 3, assignments: [{ brokerIds: [1] }] }],
  ['INVALID_REPLICA_ASSIGNMENT', { name: 'there', count: 2, assignments: [{ brokerIds: [9] }] }],
  ['POLICY_VIOLATION', { name: 'there', count: 20_000, assignments: null }],
] as const)('partitions that cannot be added are answered %s: %j', (code, topic) => {
  const assignments = topic.assignments?.map(({ brokerIds }) => ({ brokerIds: [...brokerIds] }))
  const { records, results } = grow({ ...topic, assignments: assignments ?? null })
  expect(results?.[0]).toMatchObject({ errorCode: errorCodes[code] })
  expect(records).toEqual([])
})

test('the topic of groups keeps its partitions: groups are found by their number', () => {
  const groups = applyRecords(image, topic('__consumer_offsets', uuid(12), [1]))
  const asked = { name: '__consumer_offsets', count: 2, assignments: null }
  const { records, response } = createPartitions(
    groups,
    { topics: [asked], validateOnly: false },
    { random: chance(2), by: 'protocol', isLeaving: () => false },
  )
  expect(records).toEqual([])
  expect(response.results).toMatchObject([{ errorCode: errorCodes.INVALID_PARTITIONS }])
})

describe('a broker that is about to leave', () => {
  const isLeaving = (id: number) => id === 2

  test('is given no new topics and no new partitions, however little it has', () => {
    const created = create(asked('new', { numPartitions: 9 }), isLeaving)
    const grown = grow({ name: 'with_underscore', count: 9, assignments: null }, isLeaving)
    const after = applyRecords(image, [...created.records, ...grown.records])
    expect(leadersOf(after, 'new')).toEqual(new Set([1]))
    expect(leadersOf(after, 'with_underscore')).toEqual(new Set([1, 2])) // 2 has the first
    expect(grown.records).toHaveLength(8)
    expect(topicNamed(after, 'with_underscore')?.partitions.at(8).replicas).toEqual([1])
  })

  test('cannot be named for any, also beside others', () => {
    const INVALID_REPLICA_ASSIGNMENT = errorCodes.INVALID_REPLICA_ASSIGNMENT
    expect(create(manual([[1], [2]]), isLeaving).response).toMatchObject({
      errorCode: INVALID_REPLICA_ASSIGNMENT,
      errorMessage: 'partition 1 names broker 2, which is about to leave',
    })
    const added = { name: 'there', count: 2, assignments: [{ brokerIds: [2] }] }
    expect(grow(added, isLeaving).results?.[0]?.errorCode).toBe(INVALID_REPLICA_ASSIGNMENT)
  })

  test('is not taken where nobody else is there, and that is said', () => {
    const { records, response } = create(asked('new'), () => true)
    expect(records).toEqual([])
    expect(response).toMatchObject({ errorCode: errorCodes.INVALID_REPLICATION_FACTOR })
    expect(response?.errorMessage).toContain('fenced, or are about to leave')
  })
})

function leadersOf(of: typeof image, name: string): Set<number> {
  const partitions = topicNamed(of, name)?.partitions
  const ids = Array.from({ length: partitions?.count ?? 0 }, (_, index) => index)
  return new Set(ids.map((id) => partitions?.leader(id) ?? -1))
}

function asked(name: string, fields: Partial<NewTopic> = {}): NewTopic {
  const byDefault = { numPartitions: -1, replicationFactor: -1, assignments: [], configs: [] }
  return { name, ...byDefault, ...fields }
}

function manual(replicas: number[][], fields: Partial<NewTopic> = {}): NewTopic {
  const assignments = replicas.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds }))
  return asked('n', { assignments, ...fields })
}

function config(name: string, value: string | null) {
  return { name, value }
}

function described(name: string, value: string, configSource: number) {
  return { name, value, configSource, readOnly: false, isSensitive: false }
}

function create(topic: NewTopic, isLeaving: IsLeaving = () => false) {
  const request = { topics: [topic], validateOnly: false }
  const decided = createTopics(image, request, { ...context, isLeaving })
  return { records: decided.records, response: decided.response.topics?.[0] }
}

function remove(from: typeof image, one: { name: string | null; topicId: string }) {
  const request = { topics: [one], topicNames: [] }
  return deleteTopics(from, request, { by: 'protocol', brokerConfig })
}

function byName(name: string) {
  return { name, topicId: zeroUuid }
}

function byId(topicId: string) {
  return { name: null, topicId }
}

function grow(
  one: RequestOf<'CreatePartitions'>['topics'][number],
  isLeaving: IsLeaving = () => false,
) {
  const request = { topics: [one], validateOnly: false }
  const about = { random: chance(2), by: 'protocol', isLeaving } as const
  const decided = createPartitions(image, request, about)
  return { records: decided.records, results: decided.response.results }
}
