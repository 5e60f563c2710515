import {
  batch,
  createTopic,
  fetchFrom,
  fetching,
  named,
  noId,
  produceTo,
  unknownId,
} from '../requests.ts'
import { ask, family } from '../story.ts'

/** A topic with three batches, of the offsets 0 and 1, 2, 3 and 4. */
function filled(name: string) {
  return [
    createTopic(name),
    ask('Produce', 9, produceTo(name, batch(['a', 'b']))),
    ask('Produce', 9, produceTo(name, batch(['c'], { atMs: 1_700_000_001_000 }))),
    ask('Produce', 9, produceTo(name, batch(['d', 'e'], { atMs: 1_700_000_002_000 }))),
  ]
}

export const fetch = family('fetch', {
  'all there is, in every version': [
    filled('fetch-versions'),
    ask('Fetch', [4, 5, 7, 9, 10, 11, 12, 13, 15, 16, 17], (seen, version) =>
      fetchFrom(named('fetch-versions', seen, version)),
    ),
  ],

  'from an offset within a batch, and from the end': [
    filled('fetch-offsets'),
    [1, 3, 4, 5].map((fetchOffset) =>
      ask('Fetch', 12, fetchFrom({ name: 'fetch-offsets' }, { fetchOffset }), {
        about: `offset ${fetchOffset}`,
      }),
    ),
  ],

  'offsets that are out of range': [
    filled('fetch-range'),
    ask('Fetch', [4, 12], fetchFrom({ name: 'fetch-range' }, { fetchOffset: 6 }), {
      gives: 'OFFSET_OUT_OF_RANGE',
    }),
    ask('Fetch', 12, fetchFrom({ name: 'fetch-range' }, { fetchOffset: -1 }), {
      gives: 'OFFSET_OUT_OF_RANGE',
    }),
    ask('Fetch', 17, (seen) => fetchFrom(named('fetch-range', seen, 17), { fetchOffset: 99 }), {
      gives: 'OFFSET_OUT_OF_RANGE',
    }),
  ],

  'topics and partitions that are not there': [
    filled('fetch-somewhere'),
    ask('Fetch', [4, 7, 12], fetchFrom({ name: 'fetch-nowhere' }), {
      gives: 'UNKNOWN_TOPIC_OR_PARTITION',
    }),
    ask('Fetch', [4, 12], fetchFrom({ name: 'fetch-somewhere' }, { partition: 3 }), {
      gives: 'UNKNOWN_TOPIC_OR_PARTITION',
    }),
    ask('Fetch', 12, fetchFrom({ name: 'fetch-somewhere' }, { partition: -3 }), {
      gives: 'UNKNOWN_TOPIC_OR_PARTITION',
    }),
    ask('Fetch', 12, fetchFrom({ name: '' }), { gives: 'UNKNOWN_TOPIC_OR_PARTITION' }),
    ask('Fetch', [13, 17], fetchFrom({ topicId: unknownId }), { gives: 'UNKNOWN_TOPIC_ID' }),
    ask('Fetch', [13, 17], fetchFrom({ topicId: noId }), { gives: 'UNKNOWN_TOPIC_ID' }),
  ],

  'one bad partition fails alone': [
    filled('fetch-alone'),
    ask(
      'Fetch',
      [4, 11],
      fetching([
        {
          topic: 'fetch-alone',
          partitions: [
            { partition: 0, fetchOffset: 2, partitionMaxBytes: 1_000_000 },
            { partition: 1, fetchOffset: 0, partitionMaxBytes: 1_000_000 },
          ],
        },
        {
          topic: 'fetch-nowhere',
          partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000_000 }],
        },
      ]),
    ),
    ask('Fetch', 17, (seen) =>
      fetching([
        {
          topicId: seen.topicId('fetch-alone'),
          partitions: [{ partition: 0, fetchOffset: 2, partitionMaxBytes: 1_000_000 }],
        },
        {
          topicId: unknownId,
          partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000_000 }],
        },
      ]),
    ),
  ],

  'limits in bytes': [
    filled('fetch-limits'),
    ask('Fetch', [4, 12], fetchFrom({ name: 'fetch-limits' }, { partitionMaxBytes: 1 })),
    ask('Fetch', 12, fetchFrom({ name: 'fetch-limits' }, {}, { maxBytes: 1 })),
    ask('Fetch', 12, fetchFrom({ name: 'fetch-limits' }, { partitionMaxBytes: 0 })),
    ask('Fetch', 12, fetchFrom({ name: 'fetch-limits' }, {}, { maxBytes: 0 })),
    ask('Fetch', 12, fetchFrom({ name: 'fetch-limits' }, { partitionMaxBytes: 171 })), // two batches
    ask('Fetch', 12, fetchFrom({ name: 'fetch-limits' }, {}, { maxBytes: 170 })),
    ask('Fetch', 12, fetchFrom({ name: 'fetch-limits' }, {}, { minBytes: 100_000, maxWaitMs: 50 })),
    ask(
      'Fetch',
      12,
      fetchFrom({ name: 'fetch-limits' }, { fetchOffset: 5 }, { minBytes: 1, maxWaitMs: 50 }),
    ),
  ],

  'who waits is answered when something comes': [
    filled('fetch-waits'),
    ask(
      'Fetch',
      12,
      fetchFrom({ name: 'fetch-waits' }, { fetchOffset: 5 }, { minBytes: 1, maxWaitMs: 20_000 }),
      { as: 'reader', later: true },
    ),
    ask('Produce', 9, produceTo('fetch-waits', batch(['f']))),
    { type: 'collect', as: 'reader' },
  ],

  'an error is answered without a wait': [
    ask('Fetch', 12, fetchFrom({ name: 'fetch-nowhere' }, {}, { minBytes: 1, maxWaitMs: 20_000 })),
  ],

  'only what is committed': [
    filled('fetch-committed'),
    ask('Fetch', [4, 11, 12], fetchFrom({ name: 'fetch-committed' }, {}, { isolationLevel: 1 })),
    ask('Fetch', 12, fetchFrom({ name: 'fetch-committed' }, {}, { isolationLevel: 2 }), {
      about: 'of a level that is none',
    }),
    ask(
      'Fetch',
      12,
      fetchFrom({ name: 'fetch-committed' }, { fetchOffset: 5 }, { isolationLevel: 1 }),
    ),
  ],

  'epochs of the leader': [
    filled('fetch-epochs'),
    ask('Fetch', [9, 12], fetchFrom({ name: 'fetch-epochs' }, { currentLeaderEpoch: 0 })),
    ask('Fetch', [9, 12], fetchFrom({ name: 'fetch-epochs' }, { currentLeaderEpoch: 1 }), {
      gives: 'UNKNOWN_LEADER_EPOCH',
    }),
    ask(
      'Fetch',
      17,
      (seen) => fetchFrom(named('fetch-epochs', seen, 17), { currentLeaderEpoch: 9 }),
      {
        gives: 'UNKNOWN_LEADER_EPOCH',
      },
    ),
    ask('Fetch', 12, fetchFrom({ name: 'fetch-epochs' }, { currentLeaderEpoch: -2 })),
  ],

  'what the reader has read before': [
    filled('fetch-diverging'),
    [
      { fetchOffset: 5, lastFetchedEpoch: 0 },
      { fetchOffset: 9, lastFetchedEpoch: 0 },
      { fetchOffset: 2, lastFetchedEpoch: 1 },
      { fetchOffset: 9, lastFetchedEpoch: 7 },
    ].map((wanted) =>
      ask('Fetch', 12, fetchFrom({ name: 'fetch-diverging' }, wanted), {
        about: `offset ${wanted.fetchOffset} of epoch ${wanted.lastFetchedEpoch}`,
      }),
    ),
  ],

  'a partition that is asked for twice': [
    filled('fetch-twice'),
    ask(
      'Fetch',
      12,
      fetching([
        {
          topic: 'fetch-twice',
          partitions: [
            { partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000_000 },
            { partition: 0, fetchOffset: 3, partitionMaxBytes: 1_000_000 },
          ],
        },
      ]),
    ),
  ],

  'nothing is asked for': [ask('Fetch', [4, 7, 12, 13, 17], fetching([]))],

  'compressed with zstd, which old clients may not know': [
    createTopic('fetch-zstd', { configs: { 'compression.type': 'zstd' } }),
    createTopic('fetch-zstd-batches'),
    ask('Produce', 9, produceTo('fetch-zstd-batches', batch(['a'], { compression: 'zstd' }))),
    ask('Fetch', [4, 9], fetchFrom({ name: 'fetch-zstd' })),
    ask('Fetch', 10, fetchFrom({ name: 'fetch-zstd' })),
    ask('Fetch', [4, 9, 10], fetchFrom({ name: 'fetch-zstd-batches' })),
  ],

  'a session': [
    createTopic('fetch-session', { partitions: 2 }),
    ask('Produce', 9, produceTo('fetch-session', batch(['a']))),
    ask('Fetch', 12, sessionOf('fetch-session', 0, 0, [0, 1])),
    ask('Fetch', 12, (seen) => sessionOf('fetch-session', seen.last('Fetch').sessionId, 1, [])),
    // Now from behind what was read: nothing has changed.
    ask('Fetch', 12, (seen) => sessionOf('fetch-session', seen.last('Fetch').sessionId, 2, [0], 1)),
    ask('Produce', 9, produceTo('fetch-session', batch(['b']), { index: 1 })),
    ask('Fetch', 12, (seen) => sessionOf('fetch-session', seen.last('Fetch').sessionId, 3, [])),
    ask('Fetch', 12, (seen) => ({
      ...sessionOf('fetch-session', seen.last('Fetch').sessionId, 4, []),
      forgottenTopicsData: [{ topic: 'fetch-session', partitions: [1] }],
    })),
    ask('Fetch', 12, (seen) => sessionOf('fetch-session', seen.last('Fetch').sessionId, 5, [4]), {
      gives: 'UNKNOWN_TOPIC_OR_PARTITION',
    }),
    ask('Fetch', 12, (seen) => sessionOf('fetch-session', seen.last('Fetch').sessionId, 6, [])),
  ],

  'a session by ids': [
    filled('fetch-id-session'),
    ask('Fetch', [13, 17], (seen) => ({
      ...fetchFrom(named('fetch-id-session', seen, 17), { fetchOffset: 4 }),
      sessionId: 0,
      sessionEpoch: 0,
    })),
    ask('Fetch', 17, (seen) => {
      return { ...fetching([]), sessionId: seen.last('Fetch').sessionId, sessionEpoch: 1 }
    }),
    ask(
      'Fetch',
      17,
      (seen) => ({
        ...fetchFrom({ topicId: unknownId }),
        sessionId: seen.last('Fetch').sessionId,
        sessionEpoch: 2,
      }),
      { gives: 'UNKNOWN_TOPIC_ID' },
    ),
  ],

  'sessions that are not': [
    filled('fetch-no-session'),
    ask(
      'Fetch',
      [7, 12, 17],
      { ...fetching([]), sessionId: 12_345, sessionEpoch: 1 },
      {
        gives: 'FETCH_SESSION_ID_NOT_FOUND',
      },
    ),
    ask('Fetch', 12, sessionOf('fetch-no-session', 0, 0, [0])),
    ask('Fetch', 12, (seen) => sessionOf('fetch-no-session', seen.last('Fetch').sessionId, 7, []), {
      gives: 'INVALID_FETCH_SESSION_EPOCH',
    }),
    ask('Fetch', 12, sessionOf('fetch-no-session', 0, 0, [0])),
    ask(
      'Fetch',
      13,
      (seen) => ({ ...fetching([]), sessionId: seen.last('Fetch').sessionId, sessionEpoch: 1 }),
      { gives: 'FETCH_SESSION_TOPIC_ID_ERROR' },
    ),
    // Without any session: nothing is kept.
    ask('Fetch', 12, sessionOf('fetch-no-session', 0, -1, [0])),
    ask('Fetch', 12, sessionOf('fetch-no-session', 0, 1, [0]), {
      gives: 'FETCH_SESSION_ID_NOT_FOUND',
    }),
    ask('Fetch', 12, sessionOf('fetch-no-session', 0, -2, [0])),
  ],

  'a session is closed by one that is none': [
    filled('fetch-close'),
    ask('Fetch', 12, sessionOf('fetch-close', 0, 0, [0]), { as: 'a' }),
    ask('Fetch', 12, (seen) => sessionOf('fetch-close', seen.last('Fetch').sessionId, -1, [0]), {
      as: 'b',
      about: 'closes it',
    }),
    ask('Fetch', 12, (seen) => sessionOf('fetch-close', seen.last('Fetch').sessionId, 1, []), {
      about: 'goes on',
      gives: 'FETCH_SESSION_ID_NOT_FOUND',
    }),
  ],

  'a client that says it is a replica': [
    filled('fetch-replica'),
    ask('Fetch', [4, 12], fetchFrom({ name: 'fetch-replica' }, {}, { replicaId: 0 })),
  ],

  'a rack is told': [
    filled('fetch-rack'),
    ask('Fetch', [11, 12], fetchFrom({ name: 'fetch-rack' }, {}, { rackId: 'r1' })),
  ],
})

function sessionOf(
  topic: string,
  sessionId: number,
  sessionEpoch: number,
  partitions: readonly number[],
  fetchOffset = 0,
) {
  const wanted = partitions.map((partition) => {
    return { partition, fetchOffset, partitionMaxBytes: 1_000_000 }
  })
  const topics = partitions.length === 0 ? [] : [{ topic, partitions: wanted }]
  return { ...fetching(topics), sessionId, sessionEpoch }
}
