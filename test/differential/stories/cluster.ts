import { batch, createTopic, produceTo } from '../requests.ts'
import { ask, family } from '../story.ts'

const newOne = { transactionalId: null, transactionTimeoutMs: 60_000 }

export const describeCluster = family('describe cluster', {
  'its brokers': [
    ask('DescribeCluster', [0, 1, 2], { includeClusterAuthorizedOperations: false }),
    ask('DescribeCluster', [0, 2], { includeClusterAuthorizedOperations: true }),
    ask('DescribeCluster', 2, {
      includeClusterAuthorizedOperations: false,
      includeFencedBrokers: true,
    }),
  ],
  'what is no endpoint of a broker': [
    ask(
      'DescribeCluster',
      [1, 2],
      { includeClusterAuthorizedOperations: false, endpointType: 2 },
      { gives: 'MISMATCHED_ENDPOINT_TYPE' },
    ),
    ask(
      'DescribeCluster',
      [1, 2],
      { includeClusterAuthorizedOperations: false, endpointType: 3 },
      { gives: 'UNSUPPORTED_ENDPOINT_TYPE' },
    ),
    ask(
      'DescribeCluster',
      1,
      { includeClusterAuthorizedOperations: false, endpointType: -1 },
      { gives: 'UNSUPPORTED_ENDPOINT_TYPE' },
    ),
  ],
})

export const producerIds = family('producer ids', {
  'a new one each time, in every version': [ask('InitProducerId', [0, 1, 2, 3, 4, 5], newOne)],
  'a time that only transactions have': [
    ask('InitProducerId', [0, 4], { transactionalId: null, transactionTimeoutMs: -1 }),
    ask('InitProducerId', 4, { transactionalId: null, transactionTimeoutMs: 2 ** 31 - 1 }),
  ],
  'a producer that goes on': [
    ask('InitProducerId', 3, newOne),
    ask('InitProducerId', [3, 4], (seen) => {
      const { producerId, producerEpoch } = seen.last('InitProducerId')
      return { ...newOne, producerId, producerEpoch }
    }),
    ask(
      'InitProducerId',
      4,
      { ...newOne, producerId: 5, producerEpoch: -1 },
      { gives: 'INVALID_REQUEST' },
    ),
    ask(
      'InitProducerId',
      4,
      { ...newOne, producerId: -1, producerEpoch: 5 },
      { gives: 'INVALID_REQUEST' },
    ),
    ask('InitProducerId', 4, { ...newOne, producerId: -5, producerEpoch: -5 }),
  ],
  'a transactional id that is empty': [
    ask(
      'InitProducerId',
      [0, 4],
      { transactionalId: '', transactionTimeoutMs: 60_000 },
      {
        gives: 'INVALID_REQUEST',
      },
    ),
  ],
})

export const leaderEpochs = family('leader epochs', {
  'where they end': [
    createTopic('epochs-ends'),
    ask('Produce', 9, produceTo('epochs-ends', batch(['a', 'b']))),
    [0, 1, -1, 100].map((leaderEpoch) =>
      ask('OffsetForLeaderEpoch', [2, 3, 4], endOf('epochs-ends', { leaderEpoch }), {
        about: `epoch ${leaderEpoch}`,
      }),
    ),
  ],
  'of a partition that has nothing': [
    createTopic('epochs-empty'),
    ask('OffsetForLeaderEpoch', [2, 4], endOf('epochs-empty', { leaderEpoch: 0 })),
    ask('OffsetForLeaderEpoch', 4, endOf('epochs-empty', { leaderEpoch: 3 })),
  ],
  'epochs that are not those of the leader': [
    createTopic('epochs-fenced'),
    ask('OffsetForLeaderEpoch', [2, 4], endOf('epochs-fenced', { currentLeaderEpoch: 0 })),
    ask('OffsetForLeaderEpoch', [2, 4], endOf('epochs-fenced', { currentLeaderEpoch: 4 }), {
      gives: 'UNKNOWN_LEADER_EPOCH',
    }),
    ask('OffsetForLeaderEpoch', 4, endOf('epochs-fenced', { currentLeaderEpoch: -7 }), {
      gives: 'FENCED_LEADER_EPOCH',
    }),
  ],
  'topics and partitions that are not there': [
    createTopic('epochs-somewhere'),
    ask('OffsetForLeaderEpoch', [2, 4], endOf('epochs-nowhere'), {
      gives: 'UNKNOWN_TOPIC_OR_PARTITION',
    }),
    ask('OffsetForLeaderEpoch', [2, 4], endOf('epochs-somewhere', { partition: 5 }), {
      gives: 'UNKNOWN_TOPIC_OR_PARTITION',
    }),
    ask('OffsetForLeaderEpoch', [2, 4], { replicaId: -1, topics: [] }),
  ],
})

function endOf(
  topic: string,
  wanted: { partition?: number; currentLeaderEpoch?: number; leaderEpoch?: number } = {},
) {
  const partitions = [{ partition: 0, currentLeaderEpoch: -1, leaderEpoch: 0, ...wanted }]
  return { replicaId: -1, topics: [{ topic, partitions }] }
}
