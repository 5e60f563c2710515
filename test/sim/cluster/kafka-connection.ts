import type { ClientConnection } from '../../../broker/net/client-connection.ts'
import { authenticate } from '../../../broker/net/internal-auth.ts'
import { type Address, NetworkError } from '../../../broker/net/network-error.ts'
import type { ApiName, RequestInputOf, ResponseOf } from '../../../broker/protocol/apis.ts'
import { encodeRequest } from '../../../broker/protocol/frames/request.ts'
import { readResponse } from '../../../broker/protocol/frames/response.ts'
import type { Part } from '../../../broker/protocol/schema/fields.ts'
import type { Clock } from '../../../lib/clock.ts'
import type { Random } from '../../../lib/random.ts'
import type { Connection, Transport } from '../core/transport.ts'

/** Dials as `dialInternal` does, over the network of the simulator. @throws {NetworkError} */
export async function dialKafka(
  transport: Transport,
  address: Address,
  about: { clientId: string; secret: Uint8Array; random: Random; clock: Clock },
): Promise<ClientConnection> {
  const dialled = await transport.connect(address)
  // The class has private parts; what is used of it is here.
  const connection = new KafkaConnection(dialled, about.clientId) as unknown as ClientConnection
  const timer = about.clock.timer(patienceMs, () => connection.close())
  try {
    await authenticate(connection, about.secret, about.random)
    return connection
  } catch (error) {
    connection.close()
    throw error
  } finally {
    timer.cancel()
  }
}

/** As of the product. */
const patienceMs = 2_000

/** What a `ClientConnection` does, with frames as bodies: the codecs of the product are in between. */
class KafkaConnection implements Pick<ClientConnection, 'closed' | 'request' | 'close'> {
  readonly closed: Promise<NetworkError>
  readonly #connection: Connection
  readonly #clientId: string
  #correlationId = 0

  constructor(connection: Connection, clientId: string) {
    this.#connection = connection
    this.#clientId = clientId
    this.closed = connection.closed
  }

  get requestsInFlight(): number {
    return this.#connection.requestsInFlight
  }

  async request<N extends ApiName>(
    name: N,
    version: number,
    body: RequestInputOf<N>,
    options: { timeoutMs?: number } = {},
  ): Promise<ResponseOf<N>> {
    const header = { correlationId: this.#correlationId++, clientId: this.#clientId }
    const frame = frameOf(encodeRequest(name, version, header, body))
    const answer = await this.#connection.request(name, frame, options)
    if (!(answer instanceof Uint8Array)) throw new NetworkError('EPROTO', 'no frame')
    return readResponse(name, version, answer).body
  }

  close(): void {
    this.#connection.close()
  }
}

/** One piece, without its size. */
export function frameOf(parts: readonly Part[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts as readonly Uint8Array[]).subarray(4))
}
