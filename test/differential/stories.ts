import {
  deleteRecords,
  describeLogDirs,
  describeProducers,
  describeTopicPartitions,
  electLeaders,
  features,
  reassignments,
} from './stories/admin.ts'
import { describeCluster, leaderEpochs, producerIds } from './stories/cluster.ts'
import { alterConfigs, describeConfigs } from './stories/configs.ts'
import { fetch } from './stories/fetch.ts'
import {
  deleteGroups,
  describeGroups,
  findCoordinator,
  heartbeat,
  joinGroup,
  leaveGroup,
  listGroups,
  staticMembers,
  syncGroup,
} from './stories/groups.ts'
import { listOffsets } from './stories/list-offsets.ts'
import { metadata } from './stories/metadata.ts'
import { negotiation } from './stories/negotiation.ts'
import { offsetCommit, offsetDelete, offsetFetch } from './stories/offsets.ts'
import { produce } from './stories/produce.ts'
import { createPartitions, createTopics, deleteTopics } from './stories/topics.ts'
import type { Story } from './story.ts'

/** Everything that is told to both brokers. */
export const stories: readonly Story[] = [
  negotiation,
  produce,
  fetch,
  listOffsets,
  metadata,
  producerIds,
  leaderEpochs,
  describeCluster,
  createTopics,
  deleteTopics,
  createPartitions,
  describeConfigs,
  alterConfigs,
  deleteRecords,
  describeTopicPartitions,
  describeLogDirs,
  electLeaders,
  reassignments,
  features,
  describeProducers,
  findCoordinator,
  joinGroup,
  syncGroup,
  heartbeat,
  leaveGroup,
  staticMembers,
  describeGroups,
  listGroups,
  deleteGroups,
  offsetCommit,
  offsetFetch,
  offsetDelete,
].flat()
