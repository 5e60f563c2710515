import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/logger.ts'
import type { Random } from '../lib/random.ts'
import type { BrokerOptions } from './config/broker-options.ts'
import { netLimitsOf } from './config/broker-settings.ts'
import { InternalGate } from './internal-gate.ts'
import type { RequestTimes } from './metrics/request-times.ts'
import type { Connection } from './net/connection.ts'
import { defaultNetLimits } from './net/limits.ts'
import { type Listener, listen } from './net/listen.ts'
import { Slabs } from './net/slabs.ts'
import type { ListenerName, Serving } from './serving.ts'

export type BrokerListeners = {
  readonly client: Listener
  readonly internal: Listener
  /** Of the frames of both, and of what followers fetch: who keeps views on them holds it. */
  readonly memory: Slabs
  /** What may be changed at once of what they take, by Kafka's names, as it holds from now on. */
  configure(config: Readonly<Record<string, string>>): void
  /** From now on requests are answered. */
  serve(serving: Serving): void
  /** Answers what was read, takes nothing more, and closes. */
  close(options: { drainMs: number }): Promise<void>
}

type Ends = {
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly secret: Uint8Array
  readonly times: RequestTimes
  readonly onFatal: (error: unknown) => void
}

/**
 * Listens for clients and for other brokers, from the beginning: a port that is taken is noticed
 * before anything is done. Who asks before this broker serves is sent away, and comes again.
 *
 * @throws {NetworkError}
 */
export async function openListeners(
  { listeners, config }: BrokerOptions,
  ends: Ends,
): Promise<BrokerListeners> {
  let serving: Serving | undefined
  const handle = (name: ListenerName) => (frame: Uint8Array, connection: Connection) => {
    if (serving === undefined) connection.begin().close('NotReady')
    else serving.handle(frame, connection, name)
  }
  const limits = { ...defaultNetLimits, ...netLimitsOf(config) }
  const slabs = new Slabs({ clock: ends.clock, ...limits })
  const gate = new InternalGate(ends.secret, ends.random, handle('internal'))
  const open = (name: ListenerName, onRequest: typeof gate.handle) =>
    listen({
      host: listeners[name].host,
      port: listeners[name].port,
      limits,
      slabs,
      clock: ends.clock,
      onRequest,
      onFatal: ends.onFatal,
      onAnswered: (frame, elapsedMs) => ends.times.answered(apiKeyOf(frame), elapsedMs),
      log: (event) => ends.log.debug('a connection was closed', { listener: name, ...event }),
    })

  const client = await open('client', handle('client'))
  try {
    const internal = await open('internal', (frame, connection) => gate.handle(frame, connection))
    return {
      client,
      internal,
      memory: slabs,
      configure(own) {
        const next = { ...defaultNetLimits, ...netLimitsOf(own) }
        for (const listener of [client, internal]) listener.limitConnections(next)
      },
      serve(own) {
        serving = own
      },
      async close(options) {
        await Promise.all([client.close(options), internal.close(options)])
      },
    }
  } catch (error) {
    await client.close({ drainMs: 0 })
    throw error
  }
}

/** The first two bytes of a request. */
function apiKeyOf(frame: Uint8Array): number {
  return ((frame[0] as number) << 8) | (frame[1] as number)
}
