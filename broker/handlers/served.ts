import type { ApiName } from '../protocol/apis.ts'
import { handleCreateAcls, handleDeleteAcls, handleDescribeAcls } from './acls.ts'
import { handleAlterConfigs, handleIncrementalAlterConfigs } from './alter-configs.ts'
import { handleApiVersions } from './api-versions.ts'
import { handleDeleteGroups } from './delete-groups.ts'
import { handleDeleteRecords } from './delete-records.ts'
import { handleDescribeClientQuotas } from './describe-client-quotas.ts'
import { handleDescribeCluster } from './describe-cluster.ts'
import { handleDescribeConfigs } from './describe-configs.ts'
import { handleDescribeGroups } from './describe-groups.ts'
import { handleDescribeLogDirs } from './describe-log-dirs.ts'
import { handleDescribeProducers } from './describe-producers.ts'
import { handleDescribeUserScramCredentials } from './describe-scram-credentials.ts'
import { handleDescribeTopicPartitions } from './describe-topic-partitions.ts'
import { handleFetch } from './fetch.ts'
import { handleFindCoordinator } from './find-coordinator.ts'
import { handleForwarded } from './forwarded.ts'
import { handleHeartbeat } from './heartbeat.ts'
import { handleInitProducerId } from './init-producer-id.ts'
import { handleJoinGroup } from './join-group.ts'
import { handleLeaveGroup } from './leave-group.ts'
import { handleListConfigResources } from './list-config-resources.ts'
import { handleListGroups } from './list-groups.ts'
import { handleListOffsets } from './list-offsets.ts'
import { handleListPartitionReassignments } from './list-partition-reassignments.ts'
import { handleMetadata } from './metadata.ts'
import { handleOffsetCommit } from './offset-commit.ts'
import { handleOffsetDelete } from './offset-delete.ts'
import { handleOffsetFetch } from './offset-fetch.ts'
import { handleOffsetForLeaderEpoch } from './offset-for-leader-epoch.ts'
import { handleProduce } from './produce.ts'
import type { Context, Handler, ListenerName } from './services.ts'
import { handleSyncGroup } from './sync-group.ts'

/** How an API is served. */
type Serving<N extends ApiName> = {
  /** First and last version that is answered, both inclusive. */
  readonly versions: readonly [number, number]
  /** The first version that is advertised, if not the first that is answered. */
  readonly advertisedFrom?: number
  readonly listeners: readonly ListenerName[]
  readonly handle: Handler<N>
}

/** An API that is served: only those are advertised. Its bodies are those of its name. */
export type ServedApi = Omit<Serving<ApiName>, 'handle'> & {
  readonly name: ApiName
  readonly handle: (request: unknown, context: Context) => unknown
}

const everywhere = ['client', 'internal'] as const
const clients = ['client'] as const

const table = [
  serve('Produce', {
    versions: [3, 13],
    // librdkafka up to 2.8 stops compressing where 0 is not in the range (KAFKA-18659).
    advertisedFrom: 0,
    listeners: clients,
    handle: handleProduce,
  }),
  serve('Fetch', { versions: [4, 17], listeners: everywhere, handle: handleFetch }),
  serve('ListOffsets', { versions: [1, 11], listeners: clients, handle: handleListOffsets }),
  serve('Metadata', { versions: [0, 13], listeners: clients, handle: handleMetadata }),
  serve('ApiVersions', {
    versions: [0, 4],
    listeners: everywhere,
    handle: (request, context) => handleApiVersions(request, context, served),
  }),
  serve('CreateTopics', {
    versions: [2, 7],
    listeners: clients,
    handle: handleForwarded('CreateTopics'),
  }),
  serve('DeleteTopics', {
    versions: [1, 6],
    listeners: clients,
    handle: handleForwarded('DeleteTopics'),
  }),
  serve('CreatePartitions', {
    versions: [0, 3],
    listeners: clients,
    handle: handleForwarded('CreatePartitions'),
  }),
  serve('AlterConfigs', {
    versions: [0, 2],
    listeners: clients,
    handle: handleAlterConfigs,
  }),
  serve('IncrementalAlterConfigs', {
    versions: [0, 1],
    listeners: clients,
    handle: handleIncrementalAlterConfigs,
  }),
  serve('DeleteRecords', { versions: [0, 2], listeners: clients, handle: handleDeleteRecords }),
  serve('InitProducerId', { versions: [0, 5], listeners: clients, handle: handleInitProducerId }),
  serve('FindCoordinator', { versions: [0, 6], listeners: clients, handle: handleFindCoordinator }),
  serve('OffsetCommit', { versions: [2, 10], listeners: clients, handle: handleOffsetCommit }),
  serve('OffsetFetch', { versions: [1, 10], listeners: clients, handle: handleOffsetFetch }),
  serve('OffsetDelete', { versions: [0, 0], listeners: clients, handle: handleOffsetDelete }),
  serve('JoinGroup', { versions: [0, 9], listeners: clients, handle: handleJoinGroup }),
  serve('SyncGroup', { versions: [0, 5], listeners: clients, handle: handleSyncGroup }),
  serve('Heartbeat', { versions: [0, 4], listeners: clients, handle: handleHeartbeat }),
  serve('LeaveGroup', { versions: [0, 5], listeners: clients, handle: handleLeaveGroup }),
  serve('DescribeGroups', { versions: [0, 6], listeners: clients, handle: handleDescribeGroups }),
  serve('ListGroups', { versions: [0, 5], listeners: clients, handle: handleListGroups }),
  serve('DeleteGroups', { versions: [0, 2], listeners: clients, handle: handleDeleteGroups }),
  serve('OffsetForLeaderEpoch', {
    versions: [2, 4],
    listeners: clients,
    handle: handleOffsetForLeaderEpoch,
  }),
  serve('DescribeConfigs', { versions: [1, 4], listeners: clients, handle: handleDescribeConfigs }),
  serve('DescribeCluster', { versions: [0, 2], listeners: clients, handle: handleDescribeCluster }),
  serve('DescribeLogDirs', { versions: [1, 5], listeners: clients, handle: handleDescribeLogDirs }),
  serve('ElectLeaders', {
    versions: [0, 2],
    listeners: clients,
    handle: handleForwarded('ElectLeaders'),
  }),
  serve('AlterPartitionReassignments', {
    versions: [0, 1],
    listeners: clients,
    handle: handleForwarded('AlterPartitionReassignments'),
  }),
  serve('ListPartitionReassignments', {
    versions: [0, 0],
    listeners: clients,
    handle: handleListPartitionReassignments,
  }),
  serve('DescribeAcls', { versions: [1, 3], listeners: clients, handle: handleDescribeAcls }),
  serve('CreateAcls', { versions: [1, 3], listeners: clients, handle: handleCreateAcls }),
  serve('DeleteAcls', { versions: [1, 3], listeners: clients, handle: handleDeleteAcls }),
  serve('DescribeClientQuotas', {
    versions: [0, 1],
    listeners: clients,
    handle: handleDescribeClientQuotas,
  }),
  serve('DescribeUserScramCredentials', {
    versions: [0, 0],
    listeners: clients,
    handle: handleDescribeUserScramCredentials,
  }),
  serve('DescribeQuorum', {
    versions: [0, 2],
    listeners: clients,
    handle: handleForwarded('DescribeQuorum'),
  }),
  serve('DescribeProducers', {
    versions: [0, 0],
    listeners: clients,
    handle: handleDescribeProducers,
  }),
  serve('UpdateFeatures', {
    versions: [0, 2],
    listeners: clients,
    handle: handleForwarded('UpdateFeatures'),
  }),
  serve('UnregisterBroker', {
    versions: [0, 0],
    listeners: clients,
    handle: handleForwarded('UnregisterBroker'),
  }),
  serve('ListConfigResources', {
    versions: [0, 1],
    listeners: clients,
    handle: handleListConfigResources,
  }),
  serve('DescribeTopicPartitions', {
    versions: [0, 0],
    listeners: clients,
    handle: handleDescribeTopicPartitions,
  }),
]

/** Everything that is served, one entry for each API. */
export const served: readonly ServedApi[] = table

function serve<N extends ApiName>(name: N, { handle, ...api }: Serving<N>): ServedApi {
  return { name, ...api, handle: handle as ServedApi['handle'] }
}
