import type { RequestInputOf, ResponseOf } from '../../../broker/protocol/apis.ts'
import { createTopic } from '../requests.ts'
import { ask, family } from '../story.ts'

const types = { topic: 2, broker: 4, logger: 8, clientMetrics: 16, group: 32 }
const operations = { set: 0, delete: 1, append: 2, subtract: 3 }

type Described = RequestInputOf<'DescribeConfigs'>

function describing(
  resourceType: number,
  resourceName: string,
  configurationKeys: string[] | null,
  more: Partial<Described> = {},
): Described {
  return { resources: [{ resourceType, resourceName, configurationKeys }], ...more }
}

function ofTopic(name: string, keys: string[] | null, more: Partial<Described> = {}): Described {
  return describing(types.topic, name, keys, more)
}

type Change = readonly [name: string, operation: keyof typeof operations, value: string | null]

function changing(
  resourceType: number,
  resourceName: string,
  changes: readonly Change[],
  validateOnly = false,
): RequestInputOf<'IncrementalAlterConfigs'> {
  const configs = changes.map(([name, operation, value]) => {
    return { name, configOperation: operations[operation], value }
  })
  return { resources: [{ resourceType, resourceName, configs }], validateOnly }
}

function replacing(
  resourceType: number,
  resourceName: string,
  configs: readonly { name: string; value: string | null }[],
  validateOnly = false,
): RequestInputOf<'AlterConfigs'> {
  return { resources: [{ resourceType, resourceName, configs }], validateOnly }
}

/** As changed; brokers tell of it a moment later. */
function untilSet(name: string, key: string, value: string) {
  return ask('DescribeConfigs', 4, ofTopic(name, [key]), {
    about: `${key} has become ${value}`,
    until: ({ results }) => results[0]?.configs[0]?.value === value,
  })
}

/** What a tool looks at first, see the settings that UIs read of brokers. */
const probed = [
  'advertised.listeners',
  'auto.create.topics.enable',
  'broker.id',
  'broker.rack',
  'compression.type',
  'default.replication.factor',
  'delete.topic.enable',
  'group.initial.rebalance.delay.ms',
  'group.max.session.timeout.ms',
  'log.cleanup.policy',
  'log.dirs',
  'log.retention.bytes',
  'log.retention.hours',
  'log.retention.ms',
  'log.segment.bytes',
  'message.max.bytes',
  'min.insync.replicas',
  'node.id',
  'num.io.threads',
  'num.partitions',
  'offsets.retention.minutes',
  'offsets.topic.num.partitions',
  'offsets.topic.replication.factor',
  'transaction.state.log.num.partitions',
  'unclean.leader.election.enable',
]

export const describeConfigs = family('describe configs', {
  'some settings of a topic, in every version': [
    createTopic('configs-some', {
      configs: { 'retention.ms': '1000', 'cleanup.policy': 'compact' },
    }),
    ask(
      'DescribeConfigs',
      [1, 2, 3, 4],
      ofTopic('configs-some', ['retention.ms', 'cleanup.policy']),
    ),
    ask(
      'DescribeConfigs',
      [1, 4],
      ofTopic('configs-some', ['retention.ms', 'segment.bytes'], { includeSynonyms: true }),
    ),
  ],
  'all of a topic': [
    createTopic('configs-all', { configs: { 'segment.bytes': '2000000' } }),
    ask('DescribeConfigs', 4, ofTopic('configs-all', null, { includeSynonyms: true })),
    ask('DescribeConfigs', 4, ofTopic('configs-all', []), { about: 'of no keys' }),
    ask('DescribeConfigs', 4, ofTopic('configs-all', ['no.such', 'retention.ms']), {
      about: 'of keys that are not',
    }),
  ],
  'what they mean': [
    createTopic('configs-meaning'),
    ask('DescribeConfigs', 4, ofTopic('configs-meaning', null, { includeDocumentation: true }), {
      only: ({ results: [result] }) =>
        result?.configs.map(({ name, documentation, configType }) => {
          return { name, configType, isDocumented: documentation !== null && documentation !== '' }
        }),
    }),
  ],
  'of a broker, what tools look at': [
    ask('DescribeConfigs', [1, 4], describing(types.broker, '0', probed)),
    ask('DescribeConfigs', 4, describing(types.broker, '0', probed, { includeSynonyms: true }), {
      about: 'with synonyms',
    }),
  ],
  'of a broker, which there are': [
    ask('DescribeConfigs', 4, describing(types.broker, '0', null), { only: names }),
    ask('DescribeConfigs', 4, describing(types.broker, '', null), { about: 'of all brokers' }),
  ],
  'of what is not there': [
    ask('DescribeConfigs', [1, 4], ofTopic('configs-nowhere', null), {
      gives: 'UNKNOWN_TOPIC_OR_PARTITION',
    }),
    ask('DescribeConfigs', 4, ofTopic('no/name', null), { gives: 'INVALID_TOPIC_EXCEPTION' }),
    ask('DescribeConfigs', 4, ofTopic('', null)),
    ask('DescribeConfigs', [1, 4], describing(types.broker, '7', null), {
      gives: 'INVALID_REQUEST',
    }),
    ask('DescribeConfigs', 4, describing(types.broker, 'one', null), { gives: 'INVALID_REQUEST' }),
    ask('DescribeConfigs', 4, describing(77, 'anything', null), {
      about: 'of a type that is none',
    }),
    ask('DescribeConfigs', 4, describing(0, 'anything', null), { about: 'of an unknown type' }),
    ask('DescribeConfigs', [1, 4], { resources: [] }),
  ],
  'of a group': [ask('DescribeConfigs', 4, describing(types.group, 'configs-group', null))],
  'of loggers': [
    ask('DescribeConfigs', 4, describing(types.logger, '0', null), {
      only: ({ results: [result] }) => ({ errorCode: result?.errorCode }),
    }),
    ask('DescribeConfigs', 4, describing(types.logger, '9', null), { gives: 'INVALID_REQUEST' }),
  ],
})

function names({ results: [result] }: ResponseOf<'DescribeConfigs'>) {
  return result?.configs.map(({ name }) => ({ name }))
}

export const alterConfigs = family('alter configs', {
  'by steps, in every version': [
    createTopic('alter-steps'),
    ask('IncrementalAlterConfigs', [0, 1], (_, version) =>
      changing(types.topic, 'alter-steps', [['retention.ms', 'set', `${1_000 + version}`]]),
    ),
    untilSet('alter-steps', 'retention.ms', '1001'),
    ask(
      'IncrementalAlterConfigs',
      1,
      changing(types.topic, 'alter-steps', [['cleanup.policy', 'append', 'compact']]),
    ),
    untilSet('alter-steps', 'cleanup.policy', 'delete,compact'),
    ask(
      'IncrementalAlterConfigs',
      1,
      changing(types.topic, 'alter-steps', [
        ['cleanup.policy', 'subtract', 'delete'],
        ['retention.ms', 'delete', null],
      ]),
    ),
    untilSet('alter-steps', 'cleanup.policy', 'compact'),
    ask('DescribeConfigs', 4, ofTopic('alter-steps', ['retention.ms', 'cleanup.policy'])),
  ],
  'only tried': [
    createTopic('alter-tried'),
    ask(
      'IncrementalAlterConfigs',
      1,
      changing(types.topic, 'alter-tried', [['retention.ms', 'set', '5']], true),
    ),
    ask('DescribeConfigs', 4, ofTopic('alter-tried', ['retention.ms'])),
  ],
  'steps that cannot be': [
    createTopic('alter-bad'),
    (
      [
        ['no.such.setting', 'set', '1'],
        ['retention.ms', 'set', 'long'],
        ['retention.ms', 'set', null],
        ['retention.ms', 'append', '1'],
        ['retention.ms', 'subtract', '1'],
        ['cleanup.policy', 'append', 'keep'],
        ['segment.bytes', 'set', '1'],
      ] as const satisfies readonly Change[]
    ).map((change) =>
      ask('IncrementalAlterConfigs', 1, changing(types.topic, 'alter-bad', [change]), {
        about: change.join(' '),
      }),
    ),
    ask(
      'IncrementalAlterConfigs',
      1,
      changing(types.topic, 'alter-bad', [
        ['retention.ms', 'set', '1'],
        ['retention.ms', 'set', '2'],
      ]),
      { about: 'the same twice', gives: 'INVALID_REQUEST' },
    ),
    ask(
      'IncrementalAlterConfigs',
      1,
      changing(types.topic, 'alter-nowhere', [['retention.ms', 'set', '1']]),
      {
        gives: 'UNKNOWN_TOPIC_OR_PARTITION',
      },
    ),
    ask('IncrementalAlterConfigs', 1, changing(77, 'anything', [['retention.ms', 'set', '1']])),
    ask('IncrementalAlterConfigs', 1, changing(types.topic, 'alter-bad', []), { about: 'none' }),
    ask(
      'IncrementalAlterConfigs',
      1,
      {
        resources: [
          ...changing(types.topic, 'alter-bad', [['retention.ms', 'set', '1']]).resources,
          ...changing(types.topic, 'alter-bad', [['retention.ms', 'set', '2']]).resources,
        ],
        validateOnly: false,
      },
      { about: 'of a resource that comes twice', gives: 'INVALID_REQUEST' },
    ),
  ],
  'all at once, in every version': [
    createTopic('alter-all', { configs: { 'retention.ms': '1000' } }),
    ask('AlterConfigs', [0, 1, 2], (_, version) =>
      replacing(types.topic, 'alter-all', [
        { name: 'segment.bytes', value: `${2_000_000 + version}` },
      ]),
    ),
    untilSet('alter-all', 'segment.bytes', '2000002'),
    ask('DescribeConfigs', 4, ofTopic('alter-all', ['retention.ms', 'segment.bytes'])),
  ],
  'all at once, that cannot be': [
    createTopic('alter-all-bad'),
    ask(
      'AlterConfigs',
      [0, 2],
      replacing(types.topic, 'alter-all-bad', [{ name: 'no.such', value: '1' }]),
      {
        gives: 'INVALID_CONFIG',
      },
    ),
    ask(
      'AlterConfigs',
      2,
      replacing(types.topic, 'alter-all-bad', [{ name: 'retention.ms', value: null }]),
    ),
    ask('AlterConfigs', [0, 2], replacing(types.topic, 'alter-nowhere', []), {
      gives: 'UNKNOWN_TOPIC_OR_PARTITION',
    }),
    ask(
      'AlterConfigs',
      2,
      replacing(types.broker, '9', [{ name: 'log.cleaner.threads', value: '2' }]),
    ),
  ],
  'of brokers': [
    ask(
      'IncrementalAlterConfigs',
      1,
      changing(types.broker, '', [['log.flush.interval.messages', 'set', '12345']]),
      { about: 'of all brokers' },
    ),
    ask('IncrementalAlterConfigs', 1, changing(types.broker, '0', [['broker.id', 'set', '5']]), {
      about: 'one that is read-only',
    }),
    ask('IncrementalAlterConfigs', 1, changing(types.broker, '0', [['no.such', 'set', '5']]), {
      about: 'one that is not',
    }),
    ask(
      'IncrementalAlterConfigs',
      1,
      changing(types.broker, '8', [['message.max.bytes', 'set', '5']]),
      {
        about: 'of a broker that is not',
      },
    ),
    ask('DescribeConfigs', 4, describing(types.broker, '0', ['log.flush.interval.messages']), {
      about: 'has it',
      until: ({ results }) => results[0]?.configs[0]?.value === '12345',
    }),
    ask(
      'IncrementalAlterConfigs',
      1,
      changing(types.broker, '', [['log.flush.interval.messages', 'delete', null]]),
      { about: 'taken back' },
    ),
  ],
})
