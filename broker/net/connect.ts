import { createConnection } from 'node:net'
import type { Timer } from '../../lib/clock.ts'
import { ClientConnection, type ClientOptions } from './client-connection.ts'
import { defaultNetLimits } from './limits.ts'
import { type Address, NetworkError, networkError, textOf } from './network-error.ts'

export type ConnectOptions = Address &
  Pick<ClientOptions, 'clock'> &
  Partial<ClientOptions> & { readonly connectTimeoutMs?: number }

/**
 * Dials a broker or controller.
 *
 * @throws {NetworkError} ECONNREFUSED where nobody listens; ETIMEDOUT, ENOTFOUND, ECONNRESET ...
 */
export async function connect(options: ConnectOptions): Promise<ClientConnection> {
  const { host, port, clock, connectTimeoutMs = 10_000 } = options
  const connection = new ClientConnection({ host, port }, { ...defaults, ...options })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const socket = createConnection({
    host,
    port,
    noDelay: true,
    keepAlive: true,
    onread: {
      buffer: () => connection.buffer(),
      callback(count, buffer) {
        connection.filled(count, buffer)
        return true
      },
    },
  })
  const timer: Timer = clock.timer(connectTimeoutMs, () => {
    const why = `no connection in ${connectTimeoutMs} ms`
    reject(new NetworkError('ETIMEDOUT', `cannot connect to ${textOf({ host, port })}: ${why}`))
  })
  const refused = (error: unknown) => reject(networkError('connect to', { host, port }, error))
  socket.once('connect', resolve)
  socket.once('error', refused)
  try {
    await promise
  } catch (error) {
    socket.destroy()
    throw error
  } finally {
    timer.cancel()
  }
  connection.start(socket)
  socket.off('error', refused)
  return connection
}

/** Those of Kafka's own clients, where they have the setting. */
const defaults = {
  clientId: null,
  requestTimeoutMs: 30_000, // request.timeout.ms
  maxFrameBytes: defaultNetLimits.maxFrameBytes,
  maxInFlightRequests: 1_000,
}
