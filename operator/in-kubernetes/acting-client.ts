import { KafkaError } from '../../broker/protocol/errors.ts'
import type { KubeClient } from '../kube/api/requests/kube-client.ts'

/**
 * For what nothing fences: two operators would restart a broker each, or delete what the other one
 * has just made. To be called for each request, since a process may stand still between two.
 *
 * @throws {KafkaError} NOT_CONTROLLER: another may act already.
 */
export type ActingClient = () => KubeClient

/** @param mayAct Whether nobody else does, as of now. */
export function actingClient(client: KubeClient, mayAct: () => boolean): ActingClient {
  return () => {
    if (mayAct()) return client
    throw new KafkaError('NOT_CONTROLLER', 'the Lease was not renewed: another may act already')
  }
}
