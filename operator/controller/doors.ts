import type { Connection } from '../../broker/net/connection.ts'
import { type Drained, type Listener, listen } from '../../broker/net/listen.ts'
import type { Address } from '../../broker/net/network-error.ts'
import { readRequest } from '../../broker/protocol/frames/request.ts'
import { ProtocolError } from '../../broker/protocol/protocol-error.ts'
import type { Clock } from '../../lib/clock.ts'

/** Who takes what brokers send to the controller of one cluster. */
export type DoorHandlers = {
  readonly onRequest: (frame: Uint8Array, connection: Connection) => void
  readonly onClosed: (connection: Connection) => void
}

/** Where brokers reach a controller, while it is open. */
export type Door = {
  readonly port: number
  close(): Promise<Drained | undefined>
}

/** @throws {NetworkError} The port cannot be had. */
export type OpenDoor = (handlers: DoorHandlers) => Promise<Door>

export type DoorOptions = Address & {
  readonly clock: Clock
  readonly log: (message: string) => void
  readonly onFatal: (error: unknown) => void
}

/** A port for one controller. */
export function ownDoor(options: DoorOptions): OpenDoor {
  return async (handlers) => {
    const listener = await listenFor(options, handlers)
    return { port: listener.port, close: () => listener.close({ drainMs: 0 }) }
  }
}

/**
 * One port for the controllers of all clusters that a process looks after. Whose broker has dialled is
 * in the client id of its first request, `<cluster id>/broker-<id>`; that it is one shows when it is
 * authenticated, with the secret of that cluster.
 */
export class SharedDoor {
  readonly #options: DoorOptions
  readonly #byCluster = new Map<string, DoorHandlers>()
  readonly #handlers = new WeakMap<Connection, DoorHandlers>()
  /** With the first cluster: before that brokers are better refused, who may find another operator. */
  #opening: Promise<Listener> | undefined
  #listener: Listener | undefined

  constructor(options: DoorOptions) {
    this.#options = options
  }

  /** The part of one cluster. Its connections are closed with it; those of others stay. */
  of(clusterId: string): OpenDoor {
    return async (handlers) => {
      this.#byCluster.set(clusterId, handlers)
      this.#opening ??= this.#open()
      const { port } = await this.#opening
      return { port, close: async () => this.#close(clusterId, handlers) }
    }
  }

  async close(): Promise<void> {
    const listener = await this.#opening?.catch(() => undefined) // whoever opened it was told
    await listener?.close({ drainMs: 0 })
  }

  async #open(): Promise<Listener> {
    try {
      this.#listener = await listenFor(this.#options, {
        onRequest: (frame, connection) => this.#take(frame, connection),
        onClosed: (connection) => this.#handlers.get(connection)?.onClosed(connection),
      })
      return this.#listener
    } catch (error) {
      this.#opening = undefined
      throw error
    }
  }

  #close(clusterId: string, handlers: DoorHandlers): undefined {
    if (this.#byCluster.get(clusterId) === handlers) this.#byCluster.delete(clusterId)
    for (const connection of this.#listener?.connections ?? []) {
      if (this.#handlers.get(connection) !== handlers) continue
      connection.destroy('Destroyed', 'its controller ended')
    }
  }

  #take(frame: Uint8Array, connection: Connection): void {
    let handlers = this.#handlers.get(connection)
    if (handlers === undefined) {
      const clusterId = readRequest(frame).clientId?.split('/', 1)[0] ?? ''
      handlers = this.#byCluster.get(clusterId)
      // It dials again, and finds the one that is active.
      if (handlers === undefined) {
        connection.begin()
        throw new ProtocolError('InvalidValue', `no controller of cluster ${clusterId} is here`)
      }
      this.#handlers.set(connection, handlers)
    }
    handlers.onRequest(frame, connection)
  }
}

function listenFor(
  { host, port, clock, log, onFatal }: DoorOptions,
  { onRequest, onClosed }: DoorHandlers,
): Promise<Listener> {
  return listen({
    host,
    port,
    clock,
    onRequest,
    onClosed,
    onFatal,
    log: ({ message }) => {
      if (message !== '') log(message) // a connection that was just closed has none
    },
  })
}
