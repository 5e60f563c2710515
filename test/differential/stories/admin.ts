import type { ResponseOf } from '../../../broker/protocol/apis.ts'
import { batch, createTopic, fetchFrom, firstMs, produceTo } from '../requests.ts'
import { ask, family } from '../story.ts'

/** Offsets 0 and 1, 2, 3 and 4. */
function filled(name: string, partitions = 1) {
  return [
    createTopic(name, { partitions }),
    ask('Produce', 9, produceTo(name, batch(['a', 'b']))),
    ask('Produce', 9, produceTo(name, batch(['c']))),
    ask('Produce', 9, produceTo(name, batch(['d', 'e']))),
  ]
}

function deleting(name: string, offset: number, partitionIndex = 0) {
  return { topics: [{ name, partitions: [{ partitionIndex, offset }] }], timeoutMs: 30_000 }
}

export const deleteRecords = family('delete records', {
  'up to an offset, in every version': [
    filled('records-some'),
    [0, 1, 2].map((version) =>
      ask('DeleteRecords', version, deleting('records-some', version + 1)),
    ),
    ask('Fetch', 12, fetchFrom({ name: 'records-some' }, { fetchOffset: 3 })),
    ask('Fetch', 12, fetchFrom({ name: 'records-some' }, { fetchOffset: 2 }), {
      gives: 'OFFSET_OUT_OF_RANGE',
    }),
    ask('ListOffsets', 6, {
      replicaId: -1,
      topics: [{ name: 'records-some', partitions: [{ partitionIndex: 0, timestamp: -2 }] }],
    }),
    ask('ListOffsets', 6, {
      replicaId: -1,
      topics: [{ name: 'records-some', partitions: [{ partitionIndex: 0, timestamp: firstMs }] }],
    }),
    ask('DeleteRecords', 2, deleting('records-some', 1), { about: 'what is gone already' }),
  ],
  'all of them': [
    filled('records-all'),
    ask('DeleteRecords', 2, deleting('records-all', -1)),
    ask('DeleteRecords', 2, deleting('records-all', 5), { about: 'again' }),
    ask('Fetch', 12, fetchFrom({ name: 'records-all' }, { fetchOffset: 5 })),
    ask('Produce', 9, produceTo('records-all', batch(['f']))),
  ],
  'offsets that are out of range': [
    filled('records-range'),
    ask('DeleteRecords', [0, 2], deleting('records-range', 6), { gives: 'OFFSET_OUT_OF_RANGE' }),
    ask('DeleteRecords', 2, deleting('records-range', -2), { gives: 'OFFSET_OUT_OF_RANGE' }),
  ],
  'topics and partitions that are not there': [
    filled('records-somewhere'),
    ask('DeleteRecords', [0, 2], deleting('records-nowhere', 1), {
      gives: 'UNKNOWN_TOPIC_OR_PARTITION',
    }),
    ask('DeleteRecords', 2, deleting('records-somewhere', 1, 4), {
      gives: 'UNKNOWN_TOPIC_OR_PARTITION',
    }),
    ask('DeleteRecords', [0, 2], { topics: [], timeoutMs: 30_000 }),
  ],
  'of a compacted topic': [
    createTopic('records-compacted', { configs: { 'cleanup.policy': 'compact' } }),
    ask('Produce', 9, produceTo('records-compacted', batch(['a', 'b']))),
    ask('DeleteRecords', 2, deleting('records-compacted', 1), { gives: 'POLICY_VIOLATION' }),
  ],
})

function described(answer: ResponseOf<'DescribeTopicPartitions'>) {
  return answer
}

export const describeTopicPartitions = family('describe topic partitions', {
  'of topics': [
    createTopic('partitions-one', { partitions: 3 }),
    createTopic('partitions-two'),
    ask(
      'DescribeTopicPartitions',
      0,
      { topics: [{ name: 'partitions-two' }, { name: 'partitions-one' }], cursor: null },
      { only: described },
    ),
  ],
  'page by page': [
    createTopic('partitions-paged', { partitions: 5 }),
    ask('DescribeTopicPartitions', 0, {
      topics: [{ name: 'partitions-paged' }],
      responsePartitionLimit: 2,
      cursor: null,
    }),
    ask('DescribeTopicPartitions', 0, {
      topics: [{ name: 'partitions-paged' }],
      responsePartitionLimit: 2,
      cursor: { topicName: 'partitions-paged', partitionIndex: 2 },
    }),
    ask('DescribeTopicPartitions', 0, {
      topics: [{ name: 'partitions-paged' }],
      responsePartitionLimit: 2,
      cursor: { topicName: 'partitions-paged', partitionIndex: 4 },
    }),
    ask('DescribeTopicPartitions', 0, {
      topics: [{ name: 'partitions-paged' }],
      responsePartitionLimit: 2,
      cursor: { topicName: 'partitions-paged', partitionIndex: 9 },
    }),
  ],
  'that are not there': [
    ask(
      'DescribeTopicPartitions',
      0,
      { topics: [{ name: 'partitions-nowhere' }], cursor: null },
      {
        gives: 'UNKNOWN_TOPIC_OR_PARTITION',
      },
    ),
    ask('DescribeTopicPartitions', 0, { topics: [{ name: 'no/name' }], cursor: null }),
  ],
  'bad pages': [
    createTopic('partitions-bad'),
    ask('DescribeTopicPartitions', 0, {
      topics: [{ name: 'partitions-bad' }],
      responsePartitionLimit: 0,
      cursor: null,
    }),
    ask('DescribeTopicPartitions', 0, {
      topics: [{ name: 'partitions-bad' }],
      cursor: { topicName: 'partitions-bad', partitionIndex: -1 },
    }),
    ask('DescribeTopicPartitions', 0, {
      topics: [{ name: 'partitions-bad' }],
      cursor: { topicName: 'zz', partitionIndex: 0 },
    }),
  ],
})

/** Of all topics those of a story. */
function ofTopics(prefix: string) {
  return ({ results, ...rest }: ResponseOf<'DescribeLogDirs'>) => ({
    ...rest,
    results: results.map((result) => ({
      ...result,
      topics: result.topics.filter(({ name }) => name.startsWith(prefix)),
    })),
  })
}

export const describeLogDirs = family('describe log dirs', {
  'of some topics, in every version': [
    filled('directories', 2),
    ask('DescribeLogDirs', [1, 2, 3, 4, 5], {
      topics: [{ topic: 'directories', partitions: [0, 1] }],
    }),
  ],
  'of all': [
    filled('directories-all'),
    ask('DescribeLogDirs', [1, 5], { topics: null }, { only: ofTopics('directories-all') }),
  ],
  'of what is not there': [
    ask('DescribeLogDirs', [1, 5], { topics: [{ topic: 'directories-nowhere', partitions: [0] }] }),
    ask('DescribeLogDirs', [1, 5], { topics: [] }),
  ],
})

function electing(name: string, partitions: readonly number[]) {
  return { topicPartitions: [{ topic: name, partitions }], timeoutMs: 30_000 }
}

export const electLeaders = family('elect leaders', {
  'where there is nothing to elect': [
    createTopic('elect', { partitions: 2 }),
    ask('ElectLeaders', [0, 1, 2], electing('elect', [0, 1]), { gives: 'ELECTION_NOT_NEEDED' }),
    ask(
      'ElectLeaders',
      [1, 2],
      { ...electing('elect', [0]), electionType: 1 },
      {
        gives: 'ELECTION_NOT_NEEDED',
      },
    ),
  ],
  'of what is not there': [
    createTopic('elect-somewhere'),
    ask('ElectLeaders', [0, 2], electing('elect-nowhere', [0]), {
      gives: 'UNKNOWN_TOPIC_OR_PARTITION',
    }),
    ask('ElectLeaders', 2, electing('elect-somewhere', [6]), {
      gives: 'UNKNOWN_TOPIC_OR_PARTITION',
    }),
    ask('ElectLeaders', 2, { topicPartitions: [], timeoutMs: 30_000 }),
    ask(
      'ElectLeaders',
      2,
      { ...electing('elect-somewhere', [0]), electionType: 7 },
      { about: 'type 7' },
    ),
  ],
  everywhere: [
    ask(
      'ElectLeaders',
      2,
      { topicPartitions: null, timeoutMs: 30_000 },
      {
        only: ({ errorCode }) => ({ errorCode }),
      },
    ),
  ],
})

function raising(feature: string, maxVersionLevel: number) {
  return { featureUpdates: [{ feature, maxVersionLevel }], timeoutMs: 30_000 }
}

/** What Kafka says of `metadata.version` is of its own levels. */
export const features = family('features', {
  'that nobody has': [
    ask('UpdateFeatures', [0, 1, 2], raising('no.such.feature', 1), {
      gives: 'INVALID_UPDATE_VERSION',
    }),
  ],
  none: [ask('UpdateFeatures', [0, 2], { featureUpdates: [], timeoutMs: 30_000 })],
  'to a level that is not known': [
    ask('UpdateFeatures', [0, 1, 2], raising('metadata.version', 999), {
      gives: 'INVALID_UPDATE_VERSION',
    }),
  ],
  'to less': [
    ask('UpdateFeatures', [0, 1, 2], raising('metadata.version', 8), {
      gives: 'INVALID_UPDATE_VERSION',
    }),
  ],
})

function moving(name: string, replicas: readonly number[] | null, partitionIndex = 0) {
  return { topics: [{ name, partitions: [{ partitionIndex, replicas }] }], timeoutMs: 30_000 }
}

export const reassignments = family('reassignments', {
  'to where it is': [
    createTopic('move'),
    ask('AlterPartitionReassignments', [0, 1], moving('move', [0])),
    ask('ListPartitionReassignments', 0, { topics: [{ name: 'move', partitionIndexes: [0] }] }),
  ],
  'that nobody has begun': [
    createTopic('move-cancel'),
    ask('AlterPartitionReassignments', [0, 1], moving('move-cancel', null), {
      gives: 'NO_REASSIGNMENT_IN_PROGRESS',
    }),
    ask('ListPartitionReassignments', 0, { topics: null }),
    ask('ListPartitionReassignments', 0, {
      topics: [{ name: 'move-nowhere', partitionIndexes: [0] }],
    }),
    ask('ListPartitionReassignments', 0, { topics: [] }),
  ],
  'places that cannot be': [
    createTopic('move-bad'),
    ask('AlterPartitionReassignments', [0, 1], moving('move-bad', [5]), {
      gives: 'INVALID_REPLICA_ASSIGNMENT',
    }),
    ask('AlterPartitionReassignments', 0, moving('move-bad', []), {
      gives: 'INVALID_REPLICA_ASSIGNMENT',
    }),
    ask('AlterPartitionReassignments', 0, moving('move-bad', [0, 0]), {
      gives: 'INVALID_REPLICA_ASSIGNMENT',
    }),
    ask('AlterPartitionReassignments', 1, {
      ...moving('move-bad', [0, 1]),
      allowReplicationFactorChange: false,
    }),
    ask('AlterPartitionReassignments', 0, moving('move-bad', [-1])),
  ],
  'of what is not there': [
    createTopic('move-somewhere'),
    ask('AlterPartitionReassignments', [0, 1], moving('move-nowhere', [0]), {
      gives: 'UNKNOWN_TOPIC_OR_PARTITION',
    }),
    ask('AlterPartitionReassignments', 0, moving('move-somewhere', [0], 8), {
      gives: 'UNKNOWN_TOPIC_OR_PARTITION',
    }),
    ask('AlterPartitionReassignments', 0, { topics: [], timeoutMs: 30_000 }),
  ],
})

export const describeProducers = family('describe producers', {
  'of a partition': [
    createTopic('producers', { partitions: 2 }),
    ask('InitProducerId', 4, { transactionalId: null, transactionTimeoutMs: 60_000 }),
    ask('Produce', 9, (seen) => {
      const { producerId } = seen.last('InitProducerId')
      const records = batch(['a', 'b'], { producerId, producerEpoch: 0, baseSequence: 0 })
      return produceTo('producers', records)
    }),
    ask('DescribeProducers', 0, { topics: [{ name: 'producers', partitionIndexes: [0, 1] }] }),
  ],
  'of what is not there': [
    ask(
      'DescribeProducers',
      0,
      { topics: [{ name: 'producers-nowhere', partitionIndexes: [0] }] },
      {
        gives: 'UNKNOWN_TOPIC_OR_PARTITION',
      },
    ),
    ask('DescribeProducers', 0, { topics: [{ name: 'no/name', partitionIndexes: [0] }] }),
    ask('DescribeProducers', 0, { topics: [] }),
  ],
})
