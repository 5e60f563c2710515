import type { ApiName } from '../../broker/protocol/apis.ts'

/** A KIP that clients or tools see in the protocol. */
export type Kip = {
  readonly number: number
  readonly about: string
  /** What has to be served for it, from that version on. */
  readonly needs: Partial<Record<ApiName, number>>
  /** Why it is not there though all of that is served. */
  readonly lacks?: string
}

/** Those that people ask for, by number. What each needs is what Kafka's own messages have got for it. */
export const kips: readonly Kip[] = [
  { number: 35, about: 'clients learn which versions a broker speaks', needs: { ApiVersions: 0 } },
  {
    number: 74,
    about: 'limits of a fetch as a whole, of which the first batch comes in any case',
    needs: { Fetch: 4 },
  },
  { number: 79, about: 'offsets by the times of records', needs: { ListOffsets: 1 } },
  {
    number: 98,
    about: 'idempotent producers, and transactions',
    needs: { InitProducerId: 0, AddPartitionsToTxn: 0, EndTxn: 0, TxnOffsetCommit: 0 },
  },
  { number: 101, about: 'where a leader epoch ends', needs: { OffsetForLeaderEpoch: 2 } },
  {
    number: 107,
    about: 'records are deleted up to an offset, from all replicas that are alive',
    needs: { DeleteRecords: 0 },
  },
  { number: 110, about: 'zstd', needs: { Produce: 7, Fetch: 10 } },
  { number: 113, about: 'sizes of logs', needs: { DescribeLogDirs: 1 } },
  { number: 124, about: 'quotas', needs: { ApiVersions: 1 }, lacks: 'nobody is held back' },
  {
    number: 133,
    about: 'settings are described and altered',
    needs: { DescribeConfigs: 1, AlterConfigs: 0 },
  },
  { number: 195, about: 'more partitions', needs: { CreatePartitions: 0 } },
  {
    number: 207,
    about: 'a new leader tells of no latest offset before it knows what is committed',
    needs: { ListOffsets: 5 },
  },
  { number: 222, about: 'groups are deleted', needs: { DeleteGroups: 0 } },
  {
    number: 226,
    about: 'settings of brokers that can be altered',
    needs: { DescribeConfigs: 1, AlterConfigs: 0 },
  },
  { number: 227, about: 'fetch sessions', needs: { Fetch: 7 } },
  {
    number: 320,
    about: 'consumers notice that what they have read was cut off',
    needs: { Fetch: 9, ListOffsets: 4, OffsetForLeaderEpoch: 2, OffsetCommit: 6 },
  },
  {
    number: 339,
    about: 'settings are altered one by one',
    needs: { IncrementalAlterConfigs: 0 },
  },
  { number: 345, about: 'static members of groups', needs: { JoinGroup: 5, Heartbeat: 3 } },
  {
    number: 360,
    about: 'an idempotent producer goes on after a loss',
    needs: { InitProducerId: 3 },
  },
  {
    number: 392,
    about: 'fetching from the nearest replica',
    needs: { Fetch: 11 },
  },
  { number: 394, about: 'a group gives out member ids first', needs: { JoinGroup: 4 } },
  {
    number: 405,
    about: 'tiered storage',
    needs: { ListOffsets: 8 },
    lacks: 'all is local',
  },
  {
    number: 430,
    about: 'what may be done with topics, groups and the cluster',
    needs: { Metadata: 8, DescribeGroups: 3, DescribeCluster: 0 },
  },
  {
    number: 447,
    about: 'one transactional producer for many partitions of a group',
    needs: { TxnOffsetCommit: 3, OffsetFetch: 7 },
  },
  {
    number: 455,
    about: 'partitions are moved',
    needs: { AlterPartitionReassignments: 0, ListPartitionReassignments: 0 },
  },
  { number: 460, about: 'leaders are elected on demand', needs: { ElectLeaders: 0 } },
  { number: 464, about: 'topics with what the cluster has for them', needs: { CreateTopics: 4 } },
  { number: 467, about: 'which records of a batch were refused', needs: { Produce: 8 } },
  { number: 482, about: 'tagged fields', needs: { ApiVersions: 3 } },
  { number: 496, about: 'offsets of a group are deleted', needs: { OffsetDelete: 0 } },
  { number: 511, about: 'clients say what they are', needs: { ApiVersions: 3 } },
  {
    number: 516,
    about: 'topics have ids',
    needs: { Metadata: 10, Fetch: 13, Produce: 13, DeleteTopics: 6, OffsetCommit: 10 },
  },
  { number: 518, about: 'groups are listed by their state', needs: { ListGroups: 4 } },
  { number: 525, about: 'a new topic tells its settings', needs: { CreateTopics: 5 } },
  { number: 554, about: 'passwords are managed', needs: { AlterUserScramCredentials: 0 } },
  { number: 569, about: 'settings are documented', needs: { DescribeConfigs: 3 } },
  { number: 584, about: 'features of a cluster', needs: { ApiVersions: 3, UpdateFeatures: 0 } },
  {
    number: 664,
    about: 'hanging transactions are found',
    needs: { DescribeProducers: 0, DescribeTransactions: 0, ListTransactions: 0 },
  },
  {
    number: 699,
    about: 'several coordinators in one request',
    needs: { FindCoordinator: 4, JoinGroup: 0 },
  },
  { number: 700, about: 'the cluster is described', needs: { DescribeCluster: 0 } },
  { number: 709, about: 'offsets of several groups in one request', needs: { OffsetFetch: 8 } },
  {
    number: 714,
    about: 'what clients measure',
    needs: { GetTelemetrySubscriptions: 0, PushTelemetry: 0 },
  },
  { number: 734, about: 'the record with the latest time', needs: { ListOffsets: 7 } },
  {
    number: 848,
    about: 'the next protocol of consumer groups',
    needs: { ConsumerGroupHeartbeat: 0, ConsumerGroupDescribe: 0 },
  },
  {
    number: 890,
    about: 'transactions that cannot hang',
    needs: { AddPartitionsToTxn: 4, EndTxn: 5, TxnOffsetCommit: 5 },
  },
  {
    number: 932,
    about: 'share groups',
    needs: { ShareGroupHeartbeat: 1, ShareFetch: 1, ShareAcknowledge: 1 },
  },
  {
    number: 903,
    about: 'what an earlier process of a replica fetched does not count',
    needs: { Fetch: 15 },
  },
  { number: 951, about: 'who leads now comes with the error', needs: { Produce: 10, Fetch: 16 } },
  {
    number: 966,
    about: 'replicas that may still be elected',
    needs: { DescribeTopicPartitions: 0 },
  },
  {
    number: 1043,
    about: 'groups of all kinds are listed and described',
    needs: { DescribeGroups: 6 },
  },
  {
    number: 1071,
    about: 'groups of Kafka Streams',
    needs: { StreamsGroupHeartbeat: 0, StreamsGroupDescribe: 0 },
  },
  { number: 1073, about: 'fenced brokers are described', needs: { DescribeCluster: 2 } },
  { number: 1166, about: 'followers hear of commits at once', needs: { Fetch: 18 } },
]
