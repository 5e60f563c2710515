import type { RequestOf, ResponseInputOf } from './apis.ts'

/** Requests that the controller answers, for whichever broker was asked. */
export type AdminApi =
  | 'CreateTopics'
  | 'DeleteTopics'
  | 'CreatePartitions'
  | 'AlterConfigs'
  | 'IncrementalAlterConfigs'
  | 'ElectLeaders'
  | 'AlterPartitionReassignments'
  | 'UnregisterBroker'
  | 'UpdateFeatures'
  | 'DescribeQuorum'

/** Why, and the version of the request: not in each there is a place for it. */
type Failed = { readonly errorCode: number; readonly errorMessage: string }
type Refuse<N extends AdminApi> = (
  request: RequestOf<N>,
  failed: Failed,
  version: number,
) => ResponseInputOf<N>

/** The answers to admin requests of which nothing was done: all that was asked for has one error. */
export const refused: {
  readonly [N in AdminApi]: Refuse<N>
} = {
  CreateTopics: ({ topics }, failed) => ({
    throttleTimeMs: 0,
    topics: topics.map(({ name }) => ({ name, ...failed })),
  }),
  DeleteTopics: ({ topics, topicNames }, failed) => ({
    throttleTimeMs: 0,
    responses: [
      ...topics.map(({ name, topicId }) => ({ name, topicId, ...failed })),
      ...topicNames.map((name) => ({ name, ...failed })),
    ],
  }),
  CreatePartitions: ({ topics }, failed) => ({
    throttleTimeMs: 0,
    results: topics.map(({ name }) => ({ name, ...failed })),
  }),
  AlterConfigs: resources,
  IncrementalAlterConfigs: resources,
  ElectLeaders: ({ topicPartitions }, failed, version) => ({
    throttleTimeMs: 0,
    errorCode: version < 1 ? 0 : failed.errorCode,
    replicaElectionResults: (topicPartitions ?? []).map(({ topic, partitions }) => ({
      topic,
      partitionResult: partitions.map((partitionId) => ({ partitionId, ...failed })),
    })),
  }),
  AlterPartitionReassignments: ({ topics }, failed) => ({
    throttleTimeMs: 0,
    ...failed,
    responses: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, ...failed })),
    })),
  }),
  UnregisterBroker: (_, failed) => ({ throttleTimeMs: 0, ...failed }),
  // All or none, so that Kafka says it of none in particular, not even in versions that could.
  UpdateFeatures: (_, failed) => ({ throttleTimeMs: 0, ...failed, results: [] }),
  DescribeQuorum: (_, failed) => ({ ...failed, topics: [] }),
}

type Resource = { readonly resourceType: number; readonly resourceName: string }

function resources({ resources: asked }: { resources: readonly Resource[] }, failed: Failed) {
  const responses = asked.map(({ resourceType, resourceName }) => {
    return { resourceType, resourceName, ...failed }
  })
  return { throttleTimeMs: 0, responses }
}
