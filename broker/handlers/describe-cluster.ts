import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import { controllerId, knownNodes } from './brokers.ts'
import { allClusterOperations } from './operations.ts'
import type { Context } from './services.ts'

/** The brokers of the cluster, from version 2 on those that are fenced too, if asked. */
export function handleDescribeCluster(
  request: RequestOf<'DescribeCluster'>,
  { services, listener, version }: Context,
): ResponseInputOf<'DescribeCluster'> {
  const { clusterId, nodeId } = services
  const problem = problemOf(request.endpointType)
  const isForBrokers = problem === undefined
  const nodes = isForBrokers ? knownNodes(services.image(), listener) : []
  const alive = nodes.filter(({ fenced }) => !fenced)
  const shown = request.includeFencedBrokers ? nodes : alive
  return {
    throttleTimeMs: 0,
    errorCode: errorCodes[problem?.code ?? 'NONE'],
    errorMessage: problem?.message ?? null,
    clusterId: isForBrokers ? clusterId : '',
    controllerId: controllerId(alive, nodeId),
    brokers: shown.map(({ nodeId: brokerId, host, port, rack, fenced }) => {
      return { brokerId, host, port, rack, ...(version < 2 ? {} : { isFenced: fenced }) }
    }),
    ...(request.includeClusterAuthorizedOperations
      ? { clusterAuthorizedOperations: allClusterOperations }
      : {}),
  }
}

/** 1 asks for brokers, 2 for controllers (KIP-919). */
function problemOf(endpointType: number) {
  if (endpointType === 1) return undefined
  if (endpointType === 2) {
    return { code: 'MISMATCHED_ENDPOINT_TYPE', message: 'this is a broker' } as const
  }
  const message = `there is no endpoint type ${endpointType}`
  return { code: 'UNSUPPORTED_ENDPOINT_TYPE', message } as const
}
