import type { ApiName } from '../protocol/apis.ts'
import { handleDescribeCluster } from './describe-cluster.ts'
import { handleDescribeConfigs } from './describe-configs.ts'
import { handleFetch } from './fetch/fetch.ts'
import { handleFindCoordinator } from './find-coordinator.ts'
import { handleCreatePartitions, handleCreateTopics, handleDeleteTopics } from './forwarded.ts'
import { handleInitProducerId } from './init-producer-id.ts'
import { handleListOffsets } from './list-offsets.ts'
import { handleMetadata } from './metadata.ts'
import { handleOffsetForLeaderEpoch } from './offset-for-leader-epoch.ts'
import { handleProduce } from './produce.ts'
import type { Handler, ListenerName } from './services.ts'

/** One API as it is served. Versions are inclusive. */
export type Served<N extends ApiName> = {
  readonly versions: readonly [first: number, last: number]
  /** What is told as the first version, where that is not the truth. */
  readonly advertisedSince?: number
  readonly listeners: readonly ListenerName[]
  /** Views on the request are kept beyond its answer. */
  readonly keepsFrame?: true
  readonly handle: Handler<N>
}

export type ApiTable = { readonly [N in ApiName]?: Served<N> }

const both: readonly ListenerName[] = ['client', 'internal']

/**
 * All that is served, and nothing else is advertised. ApiVersions is told from this table, so that it
 * is not in it.
 */
export const apiTable: ApiTable = {
  Produce: {
    versions: [3, 13],
    // librdkafka up to 2.8 looks for versions 0 and 2, and goes without compression where they are
    // not; nobody sends them (KAFKA-18659).
    advertisedSince: 0,
    listeners: both,
    keepsFrame: true,
    handle: handleProduce,
  },
  Fetch: { versions: [4, 18], listeners: both, handle: handleFetch },
  ListOffsets: { versions: [1, 11], listeners: both, handle: handleListOffsets },
  Metadata: { versions: [0, 13], listeners: both, handle: handleMetadata },
  FindCoordinator: { versions: [0, 6], listeners: both, handle: handleFindCoordinator },
  CreateTopics: { versions: [2, 7], listeners: both, handle: handleCreateTopics },
  DeleteTopics: { versions: [1, 6], listeners: both, handle: handleDeleteTopics },
  InitProducerId: { versions: [0, 5], listeners: both, handle: handleInitProducerId },
  OffsetForLeaderEpoch: {
    versions: [2, 4],
    listeners: both,
    handle: handleOffsetForLeaderEpoch,
  },
  DescribeConfigs: { versions: [1, 4], listeners: both, handle: handleDescribeConfigs },
  CreatePartitions: { versions: [0, 3], listeners: both, handle: handleCreatePartitions },
  DescribeCluster: { versions: [0, 2], listeners: both, handle: handleDescribeCluster },
}

/** Of ApiVersions itself. */
export const apiVersionsRange = { minVersion: 0, maxVersion: 4 } as const
