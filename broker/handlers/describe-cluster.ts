import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import { brokersInOrder, nodeOf } from './broker-nodes.ts'
import { allOfCluster } from './operations.ts'
import type { HandlerServices, RequestContext } from './services.ts'

/** Kafka's number of brokers among what a client can dial; 2 are controllers (KIP-919). */
const brokerEndpoints = 1
const controllerEndpoints = 2

/** Tells who the brokers are. */
export function handleDescribeCluster(
  request: RequestOf<'DescribeCluster'>,
  { image, clusterId, nodeId }: HandlerServices,
  { version, listener }: RequestContext,
): ResponseInputOf<'DescribeCluster'> {
  const { endpointType } = request
  if (endpointType !== brokerEndpoints) {
    const isKnown = endpointType === controllerEndpoints
    return {
      throttleTimeMs: 0,
      errorCode: isKnown
        ? errorCodes.MISMATCHED_ENDPOINT_TYPE
        : errorCodes.UNSUPPORTED_ENDPOINT_TYPE,
      errorMessage: isKnown ? 'this is a broker' : `there is no endpoint type ${endpointType}`,
      clusterId: '',
      brokers: [],
    }
  }
  const now = image()
  const evenIfFenced = version >= 2 && request.includeFencedBrokers
  const brokers = brokersInOrder(now).flatMap(({ id: brokerId, fenced }) => {
    const node = nodeOf(now, brokerId, listener, { evenIfFenced })
    if (node === undefined) return []
    const { host, port, rack } = node
    return [{ brokerId, host, port, rack, ...(version >= 2 ? { isFenced: fenced } : {}) }]
  })
  return {
    throttleTimeMs: 0,
    errorCode: errorCodes.NONE,
    clusterId,
    controllerId: nodeId, // each broker forwards to the controller
    brokers,
    ...(request.includeClusterAuthorizedOperations
      ? { clusterAuthorizedOperations: allOfCluster }
      : {}),
  }
}
