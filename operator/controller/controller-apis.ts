import type { ApiName, OwnRequestOf, ResponseInputOf } from '../../broker/protocol/apis.ts'
import { KafkaError } from '../../broker/protocol/errors.ts'
import { errorCodes } from '../../broker/protocol/generated/error-codes.ts'
import { refused } from '../../broker/protocol/refused.ts'
import type { Controller } from './controller.ts'
import { checkCluster } from './decide/register-broker.ts'

/** A process that registered or said on a connection that it is there. */
export type BrokerProcess = { readonly id: number; readonly incarnationId: string }

/** What an answer takes beside the request. */
export type ControllerContext = {
  readonly controller: Controller
  /** Of the request, and of its answer. */
  readonly version: number
  /** Who speaks is the process of a broker. */
  readonly heard: (broker: BrokerProcess) => void
  /** Calls back if the connection closes before the answer. */
  readonly onClosed: (stop: () => void) => void
}

/** One API that brokers may ask. */
type Served<N extends ApiName> = {
  readonly answer: (
    request: OwnRequestOf<N>,
    context: ControllerContext,
  ) => ResponseInputOf<N> | Promise<ResponseInputOf<N>>
  /** What is answered where `answer` throws a KafkaError. */
  readonly refuse: (request: OwnRequestOf<N>, failed: Failed, version: number) => ResponseInputOf<N>
}

type Failed = { readonly errorCode: number; readonly errorMessage: string }

/** All that a controller is asked for by brokers. */
const table: { readonly [N in ApiName]?: Served<N> } = {
  BrokerRegistration: {
    async answer(request, { controller, heard }) {
      // One of another cluster is refused, and says nothing of this log.
      const isOurs = request.clusterId === controller.image.clusterId
      if (isOurs) controller.positions.heard(request.brokerId, request.metadataPosition)
      const registered = await controller.registerBroker(request)
      heard({ id: request.brokerId, incarnationId: request.incarnationId })
      return registered
    },
    refuse: (_, { errorCode }) => ({ throttleTimeMs: 0, errorCode, brokerEpoch: -1 }),
  },
  BrokerHeartbeat: {
    answer(request, { controller, heard }) {
      const { brokerId: id, brokerEpoch } = request
      controller.positions.heard(id, request.metadataPosition)
      const { incarnationId, epoch } = controller.image.brokers.get(id) ?? {}
      if (incarnationId !== undefined && epoch === brokerEpoch) heard({ id, incarnationId })
      return controller.heartbeat(request)
    },
    refuse: (_, { errorCode }) => ({ throttleTimeMs: 0, errorCode, shouldShutDown: false }),
  },
  AlterPartition: {
    answer: (request, { controller }) => controller.alterPartition(request),
    refuse: (_, { errorCode }) => ({ throttleTimeMs: 0, errorCode, topics: [] }),
  },
  AllocateProducerIds: {
    answer: (request, { controller }) => controller.allocateProducerIds(request),
    refuse: (_, { errorCode }) => {
      return { throttleTimeMs: 0, errorCode, producerIdStart: -1, producerIdLen: 0 }
    },
  },
  Fetch: {
    answer(request, { controller, onClosed }) {
      const { clusterId, replicaState, metadataPosition } = request
      if (clusterId !== null) checkCluster(controller.image.clusterId, clusterId)
      controller.positions.heard(replicaState.replicaId, metadataPosition)
      return controller.metadata.fetch(request, onClosed)
    },
    refuse: (_, { errorCode }) => ({ throttleTimeMs: 0, errorCode, responses: [] }),
  },
  FetchSnapshot: {
    answer: (request, { controller }) => controller.metadata.fetchSnapshot(request),
    refuse: (_, { errorCode }) => ({ throttleTimeMs: 0, errorCode, topics: [] }),
  },
  CreateTopics: {
    answer: (request, { controller }) => controller.createTopics(request),
    refuse: refused.CreateTopics,
  },
  DeleteTopics: {
    answer: (request, { controller }) => controller.deleteTopics(request),
    refuse: refused.DeleteTopics,
  },
  CreatePartitions: {
    answer: (request, { controller }) => controller.createPartitions(request),
    refuse: refused.CreatePartitions,
  },
  AlterConfigs: {
    answer: (request, { controller }) => controller.alterConfigs(request),
    refuse: refused.AlterConfigs,
  },
  IncrementalAlterConfigs: {
    answer: (request, { controller }) => controller.incrementalAlterConfigs(request),
    refuse: refused.IncrementalAlterConfigs,
  },
  ElectLeaders: {
    answer: (request, { controller }) => controller.electLeaders(request),
    refuse: refused.ElectLeaders,
  },
  AlterPartitionReassignments: {
    answer: (request, { controller }) => controller.alterPartitionReassignments(request),
    refuse: refused.AlterPartitionReassignments,
  },
  UnregisterBroker: {
    async answer({ brokerId }, { controller }) {
      if (!controller.image.brokers.has(brokerId)) {
        const message = `Broker ID ${brokerId} is not currently registered`
        throw new KafkaError('BROKER_ID_NOT_REGISTERED', message)
      }
      await controller.unregisterBroker(brokerId)
      return { throttleTimeMs: 0, errorCode: 0, errorMessage: null }
    },
    refuse: refused.UnregisterBroker,
  },
  UpdateFeatures: {
    answer: (request, { controller }) => controller.updateFeatures(request),
    refuse: refused.UpdateFeatures,
  },
  DescribeQuorum: {
    answer: (request, { controller, version }) => controller.describeQuorum(request, version),
    refuse: refused.DescribeQuorum,
  },
}

/** Whether a controller answers an API. */
export function isServed(name: ApiName): boolean {
  return Object.hasOwn(table, name)
}

/** The answer to one request of a broker. @param name One that `isServed`. */
export async function answerOf<N extends ApiName>(
  name: N,
  request: OwnRequestOf<N>,
  context: ControllerContext,
): Promise<ResponseInputOf<N>> {
  const { answer, refuse } = table[name] as unknown as Served<N>
  try {
    return await answer(request, context)
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    const failed = { errorCode: errorCodes[error.code], errorMessage: error.message }
    return refuse(request, failed, context.version)
  }
}
