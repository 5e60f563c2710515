import type { Answer } from '../../broker/net/answer.ts'
import type { ClientConnection } from '../../broker/net/client-connection.ts'
import type { Connection } from '../../broker/net/connection.ts'
import { authenticate } from '../../broker/net/internal-auth.ts'
import type { ApiName, RequestInputOf, ResponseOf } from '../../broker/protocol/apis.ts'
import { encodeRequest } from '../../broker/protocol/frames/request.ts'
import { readResponse } from '../../broker/protocol/frames/response.ts'
import type { Part } from '../../broker/protocol/schema/fields.ts'
import { realRandom } from '../../lib/random.ts'
import type { DoorHandlers, OpenDoor } from '../../operator/controller/doors.ts'

/** Where a controller of this process is reached without a network: no time passes, and what is closed is seen at once. */
export class MemoryDoor {
  #handlers: DoorHandlers | undefined

  readonly open: OpenDoor = async (handlers) => {
    this.#handlers = handlers
    return { port: 0, close: async () => undefined }
  }

  /** A connection that has shown the secret of the cluster. */
  async dial(secret: Uint8Array): Promise<MemoryConnection> {
    if (this.#handlers === undefined) throw new Error('no controller is there')
    const connection = new MemoryConnection(this.#handlers)
    await authenticate(connection as unknown as ClientConnection, secret, realRandom)
    return connection
  }
}

export class MemoryConnection implements Pick<ClientConnection, 'request' | 'close'> {
  readonly #handlers: DoorHandlers
  #answer: Answer | undefined

  constructor(handlers: DoorHandlers) {
    this.#handlers = handlers
  }

  /** One that is closed is never answered. */
  request<N extends ApiName>(
    name: N,
    version: number,
    body: RequestInputOf<N>,
  ): Promise<ResponseOf<N>> {
    return new Promise((resolve) => {
      this.#answer = {
        onClosed: undefined,
        send: (parts) => resolve(readResponse(name, version, frameOf(parts)).body),
        none: () => {},
        close: () => this.close(),
      }
      const header = { correlationId: 1, clientId: 'test' }
      const frame = frameOf(encodeRequest(name, version, header, body))
      this.#handlers.onRequest(frame, this as unknown as Connection)
    })
  }

  close(): void {
    this.#handlers.onClosed(this as unknown as Connection)
  }

  /** The part of a `Connection` that the controller sees. */
  begin(): Answer {
    if (this.#answer === undefined) throw new Error('nothing was asked')
    return this.#answer
  }
}

/** One piece, without its size. */
function frameOf(parts: readonly Part[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts as readonly Uint8Array[]).subarray(4))
}
