import type { RequestInputOf } from '../../../broker/protocol/apis.ts'
import { createTopic, noId, unknownId, untilGone, untilThere } from '../requests.ts'
import { ask, family } from '../story.ts'

type NewTopic = RequestInputOf<'CreateTopics'>['topics'][number]

function creating(name: string, more: Partial<NewTopic> = {}, validateOnly = false) {
  const topic = { numPartitions: 1, replicationFactor: 1, assignments: [], configs: [], ...more }
  return { topics: [{ name, ...topic }], timeoutMs: 30_000, validateOnly }
}

function assigned(
  ...brokers: number[][]
): Pick<NewTopic, 'numPartitions' | 'replicationFactor' | 'assignments'> {
  const assignments = brokers.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds }))
  return { numPartitions: -1, replicationFactor: -1, assignments }
}

export const createTopics = family('create topics', {
  'one, in every version': [
    [2, 3, 4, 5, 6, 7].map((version) =>
      ask('CreateTopics', version, creating(`create-${version}`)),
    ),
  ],
  'with what the cluster has for partitions and replicas': [
    ask('CreateTopics', [4, 7], (_, version) =>
      creating(`create-defaults-${version}`, { numPartitions: -1, replicationFactor: -1 }),
    ),
  ],
  'only tried': [
    ask('CreateTopics', [2, 7], creating('create-tried', {}, true)),
    ask('CreateTopics', 7, creating('create-tried', { numPartitions: 0 }, true), {
      gives: 'INVALID_PARTITIONS',
    }),
    ask('Metadata', 12, { topics: [{ name: 'create-tried' }], allowAutoTopicCreation: false }),
  ],
  'with settings': [
    ask(
      'CreateTopics',
      7,
      creating('create-settings', {
        numPartitions: 2,
        configs: [
          { name: 'retention.ms', value: '1000' },
          { name: 'cleanup.policy', value: 'compact,delete' },
          { name: 'max.message.bytes', value: ' 2000 ' },
        ],
      }),
    ),
  ],
  'that is there already': [
    createTopic('create-again'),
    ask('CreateTopics', [2, 7], creating('create-again'), { gives: 'TOPIC_ALREADY_EXISTS' }),
    ask('CreateTopics', 7, creating('create-again', {}, true), { gives: 'TOPIC_ALREADY_EXISTS' }),
  ],
  'names that are none': [
    ['', '.', '..', 'no/name', 'no name', 'n'.repeat(250), 'ünknown'].map((name) =>
      ask('CreateTopics', 7, creating(name), {
        about: `"${name.slice(0, 10)}"`,
        gives: 'INVALID_TOPIC_EXCEPTION',
      }),
    ),
    ask('CreateTopics', 7, creating('n'.repeat(249)), { about: 'as long as may be' }),
  ],
  'names that another one may be mistaken for': [
    createTopic('create.dots_and'),
    ask('CreateTopics', 7, creating('create_dots.and'), { gives: 'INVALID_TOPIC_EXCEPTION' }),
  ],
  'counts that cannot be': [
    ask('CreateTopics', [2, 7], creating('create-none', { numPartitions: 0 }), {
      gives: 'INVALID_PARTITIONS',
    }),
    ask('CreateTopics', 7, creating('create-none', { numPartitions: -2 }), {
      gives: 'INVALID_PARTITIONS',
    }),
    ask('CreateTopics', [2, 7], creating('create-none', { replicationFactor: 2 }), {
      gives: 'INVALID_REPLICATION_FACTOR',
    }),
    ask('CreateTopics', 7, creating('create-none', { replicationFactor: 0 }), {
      gives: 'INVALID_REPLICATION_FACTOR',
    }),
    ask('CreateTopics', 7, creating('create-none', { replicationFactor: -3 }), {
      gives: 'INVALID_REPLICATION_FACTOR',
    }),
  ],
  'places that the client chooses': [
    ask('CreateTopics', [2, 7], (_, version) =>
      creating(`create-placed-${version}`, assigned([0], [0])),
    ),
    ask('CreateTopics', 7, creating('create-place', assigned([5])), {
      gives: 'INVALID_REPLICA_ASSIGNMENT',
    }),
    ask('CreateTopics', 7, creating('create-place', assigned([0, 0])), {
      gives: 'INVALID_REPLICA_ASSIGNMENT',
    }),
    ask('CreateTopics', 7, creating('create-place', assigned([])), {
      gives: 'INVALID_REPLICA_ASSIGNMENT',
    }),
    ask('CreateTopics', 7, creating('create-place', { ...assigned([0]), numPartitions: 1 }), {
      gives: 'INVALID_REQUEST',
    }),
    ask('CreateTopics', 7, creating('create-place', { ...assigned([0]), replicationFactor: 1 }), {
      gives: 'INVALID_REQUEST',
    }),
    ask(
      'CreateTopics',
      7,
      creating('create-place', {
        numPartitions: -1,
        replicationFactor: -1,
        assignments: [{ partitionIndex: 1, brokerIds: [0] }],
      }),
      { gives: 'INVALID_REPLICA_ASSIGNMENT' },
    ),
  ],
  'settings that cannot be': [
    [
      ['no.such.setting', '1'],
      ['retention.ms', 'long'],
      ['retention.ms', '-2'],
      ['cleanup.policy', 'keep'],
      ['cleanup.policy', ''],
      ['segment.bytes', '1'],
      ['min.cleanable.dirty.ratio', '2'],
      ['compression.type', 'zip'],
      ['unclean.leader.election.enable', 'maybe'],
      ['min.insync.replicas', '0'],
      ['max.message.bytes', '-1'],
      ['message.timestamp.type', 'Now'],
      ['retention.ms', null],
    ].map(([name, value = null], index) =>
      ask(
        'CreateTopics',
        7,
        creating(`create-setting-${index}`, { configs: [{ name: name ?? '', value }] }),
        { about: `${name}=${value}`, gives: value === '' ? [] : 'INVALID_CONFIG' },
      ),
    ),
  ],
  'the same twice in a request': [
    ask(
      'CreateTopics',
      7,
      { ...creating('create-twice'), topics: [topic('create-twice'), topic('create-twice')] },
      { gives: 'INVALID_REQUEST' },
    ),
  ],
  'one bad topic fails alone': [
    ask('CreateTopics', [4, 7], (_, version) => ({
      timeoutMs: 30_000,
      topics: [
        topic(`create-good-${version}`),
        { ...topic(`create-bad-${version}`), numPartitions: 0 },
        topic(`create-fine-${version}`),
      ],
    })),
  ],
  nothing: [ask('CreateTopics', [2, 7], { topics: [], timeoutMs: 30_000 })],
})

function topic(name: string): NewTopic {
  return { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
}

function byName(name: string) {
  return { name, topicId: noId }
}

export const deleteTopics = family('delete topics', {
  'by name, in every version': [
    [1, 3, 4, 5].map((version) => [
      createTopic(`delete-${version}`),
      ask('DeleteTopics', version, { topicNames: [`delete-${version}`], timeoutMs: 30_000 }),
      untilGone(`delete-${version}`),
    ]),
    createTopic('delete-6'),
    ask('DeleteTopics', 6, { topics: [byName('delete-6')], timeoutMs: 30_000 }),
    untilGone('delete-6'),
  ],
  'by id': [
    createTopic('delete-id'),
    ask('DeleteTopics', 6, (seen) => ({
      topics: [{ name: null, topicId: seen.topicId('delete-id') }],
      timeoutMs: 30_000,
    })),
    untilGone('delete-id'),
    ask(
      'DeleteTopics',
      6,
      (seen) => ({
        topics: [{ name: null, topicId: seen.topicId('delete-id') }],
        timeoutMs: 30_000,
      }),
      { gives: 'UNKNOWN_TOPIC_ID' },
    ),
  ],
  'that are not there': [
    ask(
      'DeleteTopics',
      [1, 5],
      { topicNames: ['delete-nowhere'], timeoutMs: 30_000 },
      {
        gives: 'UNKNOWN_TOPIC_OR_PARTITION',
      },
    ),
    ask(
      'DeleteTopics',
      6,
      { topics: [byName('delete-nowhere')], timeoutMs: 30_000 },
      {
        gives: 'UNKNOWN_TOPIC_OR_PARTITION',
      },
    ),
    ask(
      'DeleteTopics',
      6,
      { topics: [{ name: null, topicId: unknownId }], timeoutMs: 30_000 },
      {
        gives: 'UNKNOWN_TOPIC_ID',
      },
    ),
    ask('DeleteTopics', 6, { topics: [byName('no/name')], timeoutMs: 30_000 }),
    ask('DeleteTopics', [1, 6], { timeoutMs: 30_000 }),
  ],
  'said in two ways, or in none': [
    createTopic('delete-both'),
    ask(
      'DeleteTopics',
      6,
      (seen) => ({
        topics: [{ name: 'delete-both', topicId: seen.topicId('delete-both') }],
        timeoutMs: 30_000,
      }),
      { gives: 'INVALID_REQUEST' },
    ),
    ask(
      'DeleteTopics',
      6,
      { topics: [{ name: null, topicId: noId }], timeoutMs: 30_000 },
      {
        gives: 'INVALID_REQUEST',
      },
    ),
    ask(
      'DeleteTopics',
      6,
      { topics: [byName('delete-both'), byName('delete-both')], timeoutMs: 30_000 },
      { gives: 'INVALID_REQUEST' },
    ),
  ],
  'a topic that is made again is another one': [
    createTopic('delete-anew'),
    ask('DeleteTopics', 6, { topics: [byName('delete-anew')], timeoutMs: 30_000 }),
    untilGone('delete-anew'),
    createTopic('delete-anew'),
  ],
})

function growing(
  name: string,
  count: number,
  { assignments = null as number[][] | null, validateOnly = false } = {},
) {
  const own = assignments?.map((brokerIds) => ({ brokerIds })) ?? null
  return { topics: [{ name, count, assignments: own }], timeoutMs: 30_000, validateOnly }
}

export const createPartitions = family('create partitions', {
  'more of them, in every version': [
    createTopic('grow'),
    [0, 1, 2, 3].map((version) => [
      ask('CreatePartitions', version, growing('grow', version + 2)),
      untilThere('grow', version + 2),
    ]),
  ],
  'only tried': [
    createTopic('grow-tried'),
    ask('CreatePartitions', 3, growing('grow-tried', 2, { validateOnly: true })),
    ask('CreatePartitions', 3, growing('grow-tried', 1, { validateOnly: true })),
    untilThere('grow-tried', 1),
  ],
  'counts that cannot be': [
    createTopic('grow-counts', { partitions: 2 }),
    [2, 1, 0, -1].map((count) =>
      ask('CreatePartitions', 3, growing('grow-counts', count), {
        about: `${count}`,
        gives: 'INVALID_PARTITIONS',
      }),
    ),
    ask('CreatePartitions', 0, growing('grow-counts', 1), { gives: 'INVALID_PARTITIONS' }),
  ],
  'places that the client chooses': [
    createTopic('grow-places'),
    ask('CreatePartitions', 3, growing('grow-places', 3, { assignments: [[0], [0]] })),
    ask('CreatePartitions', 3, growing('grow-places', 4, { assignments: [[7]] }), {
      gives: 'INVALID_REPLICA_ASSIGNMENT',
    }),
    ask('CreatePartitions', 3, growing('grow-places', 4, { assignments: [[0], [0]] }), {
      gives: 'INVALID_REPLICA_ASSIGNMENT',
    }),
    ask('CreatePartitions', 3, growing('grow-places', 4, { assignments: [[]] }), {
      gives: 'INVALID_REPLICA_ASSIGNMENT',
    }),
  ],
  'of the topic of groups': [
    ask('CreatePartitions', 3, growing('__consumer_offsets', 9, { validateOnly: true })),
  ],
  'of topics that are not there': [
    ask('CreatePartitions', [0, 3], growing('grow-nowhere', 4), {
      gives: 'UNKNOWN_TOPIC_OR_PARTITION',
    }),
    ask('CreatePartitions', 3, { topics: [], timeoutMs: 30_000, validateOnly: false }),
  ],
  'the same twice in a request': [
    createTopic('grow-twice'),
    ask(
      'CreatePartitions',
      3,
      {
        topics: [
          { name: 'grow-twice', count: 2, assignments: null },
          { name: 'grow-twice', count: 3, assignments: null },
        ],
        timeoutMs: 30_000,
        validateOnly: false,
      },
      { gives: 'INVALID_REQUEST' },
    ),
  ],
})
