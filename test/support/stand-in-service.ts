import { once } from 'node:events'
import { createConnection, createServer, type Socket } from 'node:net'

/**
 * NOT a Kubernetes: it stands in for a Service whose pods have addresses of their own. What comes to
 * its port on 127.0.0.1 goes to the same port of one address.
 */
export class StandInService {
  readonly port: number
  #address: string
  readonly #server = createServer((from) => this.#forward(from))
  readonly #sockets = new Set<Socket>()

  private constructor(port: number, address: string) {
    this.port = port
    this.#address = address
  }

  static async open(port: number, address: string): Promise<StandInService> {
    const service = new StandInService(port, address)
    await once(service.#server.listen(port, '127.0.0.1'), 'listening')
    return service
  }

  /** From now on it is another pod; connections to the one before are cut. */
  leadTo(address: string): void {
    this.#address = address
    this.#cut()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#cut()
    await closed
  }

  #cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  #forward(from: Socket): void {
    const to = createConnection({ host: this.#address, port: this.port })
    this.#pipe(from, to)
    this.#pipe(to, from)
  }

  #pipe(from: Socket, to: Socket): void {
    this.#sockets.add(from)
    from.on('error', () => {}) // its end is all that matters
    from.on('close', () => {
      this.#sockets.delete(from)
      to.destroy()
    })
    from.pipe(to)
  }
}
