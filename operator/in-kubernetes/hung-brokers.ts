import type { MetadataImage } from '../../broker/metadata/image.ts'
import { type Address, NetworkError } from '../../broker/net/network-error.ts'
import { KafkaError } from '../../broker/protocol/errors.ts'
import type { Incarnation } from '../controller/decide/fencing.ts'
import type { ObservedPod } from '../kafka-cluster/observed-pod.ts'
import { KubeError } from '../kube/api/requests/answer.ts'

export type HungBrokersEnds = {
  readonly image: () => MetadataImage | undefined
  readonly pods: () => readonly ObservedPod[]
  /** @throws {NetworkError} */
  readonly dial: (address: Address) => Promise<{ close(): void }>
  /** @throws {KubeError} {KafkaError} */
  readonly kill: (pod: ObservedPod) => Promise<void>
  readonly log: (message: string) => void
}

/**
 * Ends a broker that was fenced since it is silent: its clients would wait for it as long as their connections are
 * there (fence, then kill). One whose machine is gone is left alone, since nobody could be reached there to do so, and
 * it may only have been cut off for a moment: a kernel takes connections for a process that hangs.
 */
export async function killHung(
  { brokerId, incarnationId }: Incarnation,
  { image, pods, dial, kill, log }: HungBrokersEnds,
): Promise<void> {
  const address = image()?.brokers.get(brokerId)?.endpoints.get('internal')
  if (address === undefined) return
  try {
    const connection = await dial(address)
    connection.close()
    const broker = image()?.brokers.get(brokerId)
    if (broker?.fenced !== true || broker.incarnationId !== incarnationId) return
    const pod = pods().find((one) => one.brokerId === brokerId)
    if (pod !== undefined && !pod.isTerminating) await kill(pod)
  } catch (error) {
    const isKnown =
      error instanceof NetworkError || error instanceof KafkaError || error instanceof KubeError
    if (!isKnown) throw error
    log(`broker ${brokerId} says nothing any more, and is not killed: ${error.message}`)
  }
}
