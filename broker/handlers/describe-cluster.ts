import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import { controllerId, knownNodes } from './brokers.ts'
import { allClusterOperations } from './metadata.ts'
import type { Context } from './services.ts'

/** The brokers of the cluster, from version 2 on those that are fenced too, if asked. */
export function handleDescribeCluster(
  request: RequestOf<'DescribeCluster'>,
  { services, listener, version }: Context,
): ResponseInputOf<'DescribeCluster'> {
  const { clusterId, nodeId } = services
  const isForBrokers = request.endpointType === 1 // 2 asks for controllers (KIP-919)
  const nodes = isForBrokers ? knownNodes(services.image(), listener) : []
  const alive = nodes.filter(({ fenced }) => !fenced)
  const shown = request.includeFencedBrokers ? nodes : alive
  return {
    throttleTimeMs: 0,
    errorCode: isForBrokers ? errorCodes.NONE : errorCodes.MISMATCHED_ENDPOINT_TYPE,
    errorMessage: isForBrokers ? null : 'this is a broker',
    clusterId,
    controllerId: controllerId(alive, nodeId),
    brokers: shown.map(({ nodeId: brokerId, host, port, rack, fenced }) => {
      return { brokerId, host, port, rack, ...(version < 2 ? {} : { isFenced: fenced }) }
    }),
    ...(request.includeClusterAuthorizedOperations
      ? { clusterAuthorizedOperations: allClusterOperations }
      : {}),
  }
}
