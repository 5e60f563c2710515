import type { Client } from '../coordinator/membership.ts'
import type { Context } from './services.ts'

/** Who sent a request, as its group shows it. */
export function clientOf({ clientId, clientAddress, version }: Context): Client {
  return { clientId: clientId ?? '', clientHost: `/${clientAddress}`, version }
}
