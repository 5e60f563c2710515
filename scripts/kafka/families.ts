/**
 * The files the messages are spread over. A dozen, not one each: 272 modules cost 80 ms and 16 MB
 * more at every start. The first pattern that matches decides.
 */
const patterns = [
  ['headers', /^(Request|Response)Header$/],
  ['metadata-records', /^(.*Record|MetadataRecordType)$/],
  ['group-records', /^(Group|Consumer|Legacy|Offset|ShareGroup|StreamsGroup).*(Key|Value)$/],
  ['share-records', /^Share.*(Key|Value)$/],
  [
    'log-records',
    /^(TransactionLog(Key|Value)|ProducerSnapshot|EndTxnMarker|.*Schema|QuorumStateData|LeaderChangeMessage)$/,
  ],
  ['share-groups', /Share/],
  ['streams-groups', /^Streams/],
  ['transactions', /Txn|Transaction|InitProducerId|DescribeProducers/],
  [
    'controller',
    /Broker(Heartbeat|Registration)|UnregisterBroker|Controller|Quorum|Vote|AllocateProducerIds|AlterPartition(Request|Response)|Envelope|AssignReplicas|FetchSnapshot|UpdateFeatures/,
  ],
  ['produce-fetch', /^(Produce|Fetch|ListOffsets|OffsetForLeaderEpoch|DeleteRecords)/],
  ['groups', /Group|Offset|FindCoordinator|Heartbeat|ConsumerProtocol/],
  ['security', /Sasl|Acl|DelegationToken|Scram|Principal/],
  ['configs', /Config|Quota|Telemetry/],
  ['cluster', /^(Metadata|ApiVersions|Describe(Cluster|TopicPartitions))/],
  ['topics', /Topics|Partition|Leaders|LogDirs/],
] as const

export type Family = (typeof patterns)[number][0]
export const families: readonly Family[] = patterns.map(([family]) => family)

export function familyOf(message: string): Family {
  const found = patterns.find(([, pattern]) => pattern.test(message))
  if (found === undefined) throw new Error(`no family for ${message}: add it to families.ts`)
  return found[0]
}
