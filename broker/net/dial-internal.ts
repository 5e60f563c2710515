import type { Clock } from '../../lib/clock.ts'
import type { Random } from '../../lib/random.ts'
import type { ClientConnection } from './client-connection.ts'
import { connect } from './connect.ts'
import { authenticate } from './internal-auth.ts'
import type { Address } from './network-error.ts'
import type { Slabs } from './slabs.ts'

export type DialOptions = {
  readonly clock: Clock
  readonly random: Random
  readonly secret: Uint8Array
  /** `<cluster id>/broker-<id>`: one port may be that of several clusters. */
  readonly clientId: string
  /** Where large answers are read to: see `ClientOptions`. */
  readonly slabs?: Slabs
}

/**
 * A connection to a controller or broker that has shown that it has this cluster's secret, as we have.
 *
 * @throws {NetworkError}
 */
export async function dialInternal(
  { host, port }: Address,
  { secret, random, ...options }: DialOptions,
): Promise<ClientConnection> {
  const connection = await connect({ host, port, ...options, connectTimeoutMs })
  // Until it is through nobody has promised to answer at all.
  const timer = options.clock.timer(patienceMs, () => connection.close())
  try {
    await authenticate(connection, secret, random)
    return connection
  } catch (error) {
    connection.close()
    throw error
  } finally {
    timer.cancel()
  }
}

const patienceMs = 2_000
/**
 * A name may stand for several addresses, one of them that of a machine which is gone: the others are
 * to be tried soon. A connection on its way is made by the kernel, however busy the other side is.
 */
const connectTimeoutMs = 500
