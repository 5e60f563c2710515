import type { Difference } from './differences.ts'

/**
 * Where kavka answers otherwise than Kafka, and why that is so. A `*` stands for anything. An entry
 * that no answer needs any more fails the test, as does a difference without an entry.
 */
export type KnownDifference = {
  readonly story: string
  /** The request, as `Produce v3`; left out: any of the story. */
  readonly step?: string
  /** Where in the answer, as `topics[orders].errorCode`; empty for all of it. */
  readonly at: string
  readonly reason: string
}

export const knownDifferences: readonly KnownDifference[] = [
  ...notServed('transactions are to come', [
    'AddPartitionsToTxn',
    'AddOffsetsToTxn',
    'EndTxn',
    'WriteTxnMarkers',
    'TxnOffsetCommit',
    'DescribeTransactions',
    'ListTransactions',
  ]),
  ...notServed('the group protocol of KIP-848 is to come', [
    'ConsumerGroupHeartbeat',
    'ConsumerGroupDescribe',
  ]),
  ...notServed('security is to come', [
    'SaslHandshake',
    'SaslAuthenticate',
    'AlterUserScramCredentials',
    'AlterClientQuotas',
  ]),
  ...notServed('share groups are to come', [
    'ShareGroupHeartbeat',
    'ShareGroupDescribe',
    'ShareFetch',
    'ShareAcknowledge',
    'InitializeShareGroupState',
    'ReadShareGroupState',
    'WriteShareGroupState',
    'DeleteShareGroupState',
    'ReadShareGroupStateSummary',
    'DescribeShareGroupOffsets',
    'AlterShareGroupOffsets',
    'DeleteShareGroupOffsets',
  ]),
  ...notServed('Kafka Streams runs on classic groups', [
    'StreamsGroupHeartbeat',
    'StreamsGroupDescribe',
  ]),
  {
    story: 'create partitions: of the topic of groups',
    at: 'results*',
    reason: 'Kafka moves groups to coordinators that know nothing of what they committed',
  },
  ...notServed('only those who use Kerberos have delegation tokens', [
    'CreateDelegationToken',
    'RenewDelegationToken',
    'ExpireDelegationToken',
    'DescribeDelegationToken',
  ]),
  ...notServed('a broker has one data directory', ['AlterReplicaLogDirs']),
  ...notServed('controllers are made by the operator', ['AddRaftVoter', 'RemoveRaftVoter']),
  {
    story: 'negotiation: what is served, in every version',
    at: 'apiKeys[Fetch].maxVersion',
    reason: 'version 18 is for followers (KIP-1166)',
  },
  {
    story: 'negotiation: what is served, in every version',
    at: '*Features[*]',
    reason: 'no feature is said to be there before it is',
  },
  {
    story: 'negotiation: what is served, in every version',
    at: '*Features[metadata.version].*',
    reason: 'the levels that kavka reads, and that with which it begins each metadata log',
  },
  ...['advertised.listeners', 'auto.create.topics.enable', 'log.dirs'].map((name) => ({
    story: 'describe configs: of a broker, what tools look at',
    at: `results[4 0].configs[${name}].*`,
    reason: 'kavka states it for each broker; this Kafka has its own, or the default',
  })),
  {
    story: 'alter configs: of brokers',
    step: 'IncrementalAlterConfigs v1, one that is not',
    at: 'responses[4 0].errorCode',
    reason: 'Kafka keeps settings that it does not know for plug-ins; here a typing mistake shows',
  },
  {
    story: 'create topics: only tried',
    at: 'topics[create-tried*]',
    reason: 'a topic that is only tried has no id: Kafka makes one up',
  },

  // What is appended.
  {
    story: 'produce: headers that make no sense',
    step: '*, a compression that there is not',
    at: '*',
    reason: 'Kafka fails with UNKNOWN_SERVER_ERROR, from which nobody learns anything',
  },
  ...['a delete horizon', 'bits that nobody uses', 'the time of its append'].map((about) => ({
    story: 'produce: headers that make no sense',
    step: `*, ${about}`,
    at: '*',
    reason: 'Kafka writes such a header anew; what is received here is written as it came',
  })),
  {
    story: 'produce: headers that make no sense',
    step: '*, a producer without an epoch',
    at: '*',
    reason: 'no client sends it, and Kafka keeps what it can never check',
  },
  {
    story: 'produce: headers that make no sense',
    step: '*, a transaction of nobody',
    at: '*.errorCode',
    reason: 'transactions are to come',
  },
  {
    story: 'produce: headers that make no sense',
    step: 'Fetch v12, a max timestamp that no record has',
    at: '*.records',
    reason: 'records are not looked into: the time index follows what the producer says',
  },
  ...[
    'a record that is longer than the batch',
    'a record of a negative length',
    'no gzip inside',
    'no zstd inside',
  ].map((about) => ({
    story: 'produce: records that make no sense',
    step: `*, ${about}`,
    at: '*',
    reason: 'records are not looked into: the CRC is right, so that is what was sent',
  })),
  {
    story: 'produce: a transaction that nobody began',
    at: '*',
    reason: 'transactions are to come',
  },
  ...(
    [
      ['produce: topics and partitions that are not there', 'Produce v9', 'responses[].*'],
      ['fetch: topics and partitions that are not there', 'Fetch v12', 'responses[].*'],
      ['list offsets: topics and partitions that are not there', 'ListOffsets v7', 'topics[].*'],
    ] as const
  ).map(([story, step, at]) => ({
    story,
    step,
    at,
    reason: 'an empty name: it counts as no id either, and both errors say that nothing is there',
  })),

  // What is read.
  {
    story: 'fetch: limits in bytes',
    at: 'responses[fetch-limits].partitions[0].records',
    reason: 'Kafka cuts the last batch off at the limit, of which nobody can make use',
  },
  {
    story: 'fetch: only what is committed',
    step: 'Fetch v12, of a level that is none',
    at: '*',
    reason: 'Kafka fails with UNKNOWN_SERVER_ERROR',
  },
  {
    story: 'fetch: a partition that is asked for twice',
    at: 'responses[fetch-twice].*',
    reason: 'both are answered; Kafka answers the last',
  },
  {
    story: 'fetch: a client that says it is a replica',
    at: '*',
    reason: 'only brokers are replicas, and they come through a listener of their own',
  },

  // What is known of the cluster.
  {
    story: 'metadata: by id',
    step: 'Metadata v12, neither name nor id',
    at: '*',
    reason: 'Kafka fails with UNKNOWN_SERVER_ERROR',
  },
  {
    story: 'metadata: by id',
    step: 'Metadata v1*, of versions that cannot',
    at: '*',
    reason: 'only what is wrong is refused: brokers are told to who asks for a bad topic too',
  },
  {
    story: 'metadata: a name that another one may be mistaken for',
    step: 'Metadata v12',
    at: 'topics[metadata_dots].errorCode',
    reason: 'topics are made while the client waits, so that it hears why one was not',
  },
  {
    story: 'delete topics: a topic that is made again is another one',
    at: '*.leaderEpoch',
    reason: 'epochs go on, for clients that know a topic by its name only',
  },

  // Settings and topics.
  ...[
    'create topics: one, in every version',
    'create topics: with what the cluster has for partitions and replicas',
    'create topics: with settings',
    'create topics: names that are none',
    'create topics: places that the client chooses',
    'create topics: settings that cannot be',
    'create topics: one bad topic fails alone',
    'describe configs: all of a topic',
  ].flatMap(settingsOfOurs),
  ...settingsOfOurs('describe configs: what they mean').slice(0, 1),
  {
    story: 'describe configs: of a broker, what tools look at',
    at: '*[min.insync.replicas]*ource',
    reason: 'Kafka writes its default down when ELR is switched on (KIP-966)',
  },
  {
    story: 'describe configs: of a broker, which there are',
    at: '*[min.insync.replicas]',
    reason: 'Kafka writes its default down when ELR is switched on (KIP-966)',
  },
  {
    story: 'describe configs: of a broker, which there are',
    at: '*[kavka.flush]',
    reason: 'a setting of kavka’s own',
  },
]

/** What kavka does not advertise yet. */
function notServed(reason: string, apis: readonly string[]): KnownDifference[] {
  const story = 'negotiation: what is served, in every version'
  return apis.map((api) => ({ story, at: `apiKeys[${api}]`, reason }))
}

function settingsOfOurs(story: string): KnownDifference[] {
  return [
    { story, at: '*[kavka.flush]', reason: 'a setting of kavka’s own' },
    {
      story,
      at: '*[min.insync.replicas]*ource',
      reason: 'Kafka writes its default down when ELR is switched on (KIP-966)',
    },
  ]
}

/** Whether somebody has said why it differs. */
export function isKnown(
  { story, step, at }: Difference,
  among: readonly KnownDifference[] = knownDifferences,
): boolean {
  return among.some((known) => {
    if (known.story !== story || !matches(known.at, at)) return false
    return known.step === undefined || matches(known.step, step)
  })
}

function matches(pattern: string, text: string): boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.[\]()?+^$|{}\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 's').test(text)
}
