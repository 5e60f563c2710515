import type { RequestInputOf } from '../../../broker/protocol/apis.ts'
import { batch, createTopic, firstMs, produceTo } from '../requests.ts'
import { ask, family } from '../story.ts'

type Wanted = Partial<
  NonNullable<RequestInputOf<'ListOffsets'>['topics']>[number]['partitions'][number]
>

function offsetsOf(
  name: string,
  timestamp: number,
  { isolationLevel = 0, ...wanted }: Wanted & { isolationLevel?: number } = {},
): RequestInputOf<'ListOffsets'> {
  const partitions = [{ partitionIndex: 0, timestamp, ...wanted }]
  return { replicaId: -1, isolationLevel, topics: [{ name, partitions }] }
}

/** Offsets 0 and 1, 2, 3 and 4, at 0 s, 2 s and 1 s. */
function filled(name: string) {
  return [
    createTopic(name),
    ask('Produce', 9, produceTo(name, batch(['a', 'b']))),
    ask('Produce', 9, produceTo(name, batch(['c'], { atMs: firstMs + 2_000 }))),
    ask('Produce', 9, produceTo(name, batch(['d', 'e'], { atMs: firstMs + 1_000 }))),
  ]
}

export const listOffsets = family('list offsets', {
  'both ends, in every version': [
    filled('offsets-ends'),
    ask('ListOffsets', [1, 2, 4, 5, 6, 7, 8, 9, 10, 11], offsetsOf('offsets-ends', -1)),
    ask('ListOffsets', [1, 4, 6, 11], offsetsOf('offsets-ends', -2)),
  ],
  'of a partition that has nothing': [
    createTopic('offsets-empty'),
    ask('ListOffsets', [1, 11], offsetsOf('offsets-empty', -1)),
    ask('ListOffsets', [1, 11], offsetsOf('offsets-empty', -2)),
    ask('ListOffsets', [7, 11], offsetsOf('offsets-empty', -3)),
    ask('ListOffsets', [1, 11], offsetsOf('offsets-empty', firstMs)),
  ],
  'by time': [
    filled('offsets-times'),
    [0, 1, 2, 1_000, 1_001, 1_002, 2_000, 2_001].map((afterMs) =>
      ask('ListOffsets', 7, offsetsOf('offsets-times', firstMs + afterMs), {
        about: `${afterMs} ms after the first`,
      }),
    ),
    ask('ListOffsets', [1, 4, 11], offsetsOf('offsets-times', firstMs + 500)),
    ask('ListOffsets', 7, offsetsOf('offsets-times', 0)),
  ],
  'the latest time': [
    filled('offsets-latest'),
    ask('ListOffsets', [7, 8, 11], offsetsOf('offsets-latest', -3)),
    ask('ListOffsets', 6, offsetsOf('offsets-latest', -3), { gives: 'UNSUPPORTED_VERSION' }),
  ],
  'what lies in a tier': [
    filled('offsets-tier'),
    ask('ListOffsets', [8, 11], offsetsOf('offsets-tier', -4)),
    ask('ListOffsets', [9, 11], offsetsOf('offsets-tier', -5)),
    ask('ListOffsets', 11, offsetsOf('offsets-tier', -6)),
    ask('ListOffsets', 7, offsetsOf('offsets-tier', -4), { gives: 'UNSUPPORTED_VERSION' }),
    ask('ListOffsets', 8, offsetsOf('offsets-tier', -5), { gives: 'UNSUPPORTED_VERSION' }),
    ask('ListOffsets', 10, offsetsOf('offsets-tier', -6), { gives: 'UNSUPPORTED_VERSION' }),
    ask('ListOffsets', [7, 11], offsetsOf('offsets-tier', -7), { about: '-7' }),
  ],
  'topics and partitions that are not there': [
    createTopic('offsets-somewhere'),
    ask('ListOffsets', [1, 6, 11], offsetsOf('offsets-nowhere', -1), {
      gives: 'UNKNOWN_TOPIC_OR_PARTITION',
    }),
    ask('ListOffsets', [1, 11], offsetsOf('offsets-somewhere', -1, { partitionIndex: 2 }), {
      gives: 'UNKNOWN_TOPIC_OR_PARTITION',
    }),
    ask('ListOffsets', 11, offsetsOf('offsets-somewhere', -1, { partitionIndex: -2 }), {
      gives: 'UNKNOWN_TOPIC_OR_PARTITION',
    }),
    ask('ListOffsets', 7, offsetsOf('', -1), { gives: 'UNKNOWN_TOPIC_OR_PARTITION' }),
  ],
  'epochs of the leader': [
    filled('offsets-epochs'),
    ask('ListOffsets', [4, 11], offsetsOf('offsets-epochs', -1, { currentLeaderEpoch: 0 })),
    ask('ListOffsets', [4, 11], offsetsOf('offsets-epochs', -1, { currentLeaderEpoch: 3 }), {
      gives: 'UNKNOWN_LEADER_EPOCH',
    }),
    ask('ListOffsets', 7, offsetsOf('offsets-epochs', firstMs, { currentLeaderEpoch: 3 }), {
      gives: 'UNKNOWN_LEADER_EPOCH',
    }),
  ],
  'only what is committed': [
    filled('offsets-committed'),
    ask('ListOffsets', [2, 11], offsetsOf('offsets-committed', -1, { isolationLevel: 1 })),
    ask('ListOffsets', 7, offsetsOf('offsets-committed', firstMs + 500, { isolationLevel: 1 })),
  ],
  'a partition that is asked for twice': [
    filled('offsets-twice'),
    ask('ListOffsets', [1, 7], {
      replicaId: -1,
      topics: [
        {
          name: 'offsets-twice',
          partitions: [
            { partitionIndex: 0, timestamp: -1 },
            { partitionIndex: 0, timestamp: -2 },
          ],
        },
      ],
    }),
  ],
  'nothing is asked for': [ask('ListOffsets', [1, 11], { replicaId: -1, topics: [] })],
})
