import type { Answer } from '../../../broker/net/answer.ts'
import type { Connection } from '../../../broker/net/connection.ts'
import { ProtocolError } from '../../../broker/protocol/protocol-error.ts'
import type { DoorHandlers, OpenDoor } from '../../../operator/controller/doors.ts'
import type { ServedConnection, Transport } from '../core/transport.ts'
import { frameOf } from './kafka-connection.ts'

/**
 * Where brokers of the simulator reach a controller of the product.
 *
 * @param onAsked Told of each request, before it is served.
 */
export function doorAt(
  transport: Transport,
  port: number,
  onAsked: (frame: Uint8Array) => void = () => {},
): OpenDoor {
  return async (handlers) => {
    const open = new Map<number, Served>()
    const listener = transport.listen(port, ({ body, connection }) => {
      const served = open.get(connection.id) ?? new Served(handlers, connection)
      open.set(connection.id, served)
      onAsked(body as Uint8Array)
      return served.take(body as Uint8Array)
    })
    return {
      port,
      async close() {
        listener.close()
        for (const served of open.values()) served.close()
        return undefined
      },
    }
  }
}

/** What a `Connection` of the product does for who answers. */
class Served {
  readonly #handlers: DoorHandlers
  readonly #connection: ServedConnection
  readonly #waiting = new Set<Answer>()
  #begun: Answer | undefined

  constructor(handlers: DoorHandlers, connection: ServedConnection) {
    this.#handlers = handlers
    this.#connection = connection
    void connection.closed.then(() => this.#closed())
  }

  take(frame: Uint8Array): Promise<Uint8Array> {
    return new Promise((resolve) => {
      const answer: Answer = {
        onClosed: undefined,
        send: (parts) => {
          this.#waiting.delete(answer)
          resolve(frameOf(parts))
        },
        none: () => {},
        close: () => this.close(),
      }
      this.#begun = answer
      try {
        this.#handlers.onRequest(frame, this as unknown as Connection)
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error
        this.close()
      }
    })
  }

  /** Part of the product's `Connection`. */
  begin(): Answer {
    const answer = this.#begun
    if (answer === undefined) throw new Error('an answer is begun once')
    this.#begun = undefined
    this.#waiting.add(answer)
    return answer
  }

  close(): void {
    this.#connection.close()
  }

  #closed(): void {
    for (const answer of this.#waiting) answer.onClosed?.()
    this.#waiting.clear()
    this.#handlers.onClosed(this as unknown as Connection)
  }
}
