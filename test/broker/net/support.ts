import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'
import type { Connection } from '../../../broker/net/connection.ts'
import {
  type Listener,
  type ListenOptions,
  listen,
  type NetEvent,
} from '../../../broker/net/listen.ts'
import { realClock } from '../../../lib/clock.ts'

export type TestListener = Listener & {
  readonly events: NetEvent[]
  readonly fatal: unknown[]
  [Symbol.asyncDispose](): Promise<void>
}

/** A listener on a free port of this machine, which is gone at the end of the test. */
export async function startListener(options: Partial<ListenOptions> = {}): Promise<TestListener> {
  const events: NetEvent[] = []
  const fatal: unknown[] = []
  const listener = await listen({
    host: '127.0.0.1',
    port: 0,
    clock: realClock,
    onRequest: echo,
    onFatal: (error) => void fatal.push(error),
    log: (event) => void events.push(event),
    ...options,
  })
  return Object.assign(listener, {
    events,
    fatal,
    async [Symbol.asyncDispose]() {
      const closing = listener.close({ drainMs: 0 })
      for (const connection of listener.connections) connection.destroy('Destroyed', 'test is over')
      await closing
    },
  })
}

/** Answers with the request itself. */
export function echo(frame: Uint8Array, connection: Connection): void {
  connection.begin().send(framed(frame))
}

/** A client that knows frames and nothing of Kafka. */
export class Client {
  readonly socket: Socket
  private received = Buffer.alloc(0)
  private ended = false
  error: Error | undefined

  constructor(port: number) {
    this.socket = createConnection({ host: '127.0.0.1', port, noDelay: true })
    this.socket.on('error', (error) => void (this.error = error))
    this.socket.on(
      'data',
      (chunk) => void (this.received = Buffer.concat([this.received, chunk as Buffer])),
    )
    this.socket.on('end', () => void (this.ended = true))
    this.socket.on('close', () => void (this.ended = true))
  }

  static async open(port: number): Promise<Client> {
    const client = new Client(port)
    await once(client.socket, 'connect')
    return client
  }

  send(...payloads: readonly Uint8Array[]): void {
    this.socket.write(Buffer.concat(payloads.flatMap(framed)))
  }

  /** The next frame, as a copy; undefined if the connection ends before it is there. */
  async frame(): Promise<Buffer | undefined> {
    for (;;) {
      if (this.received.length >= 4) {
        const end = 4 + this.received.readInt32BE()
        if (this.received.length >= end) {
          const frame = Buffer.from(this.received.subarray(4, end))
          this.received = this.received.subarray(end)
          return frame
        }
      }
      if (this.ended) return undefined
      await new Promise<void>((resolve) => {
        this.socket.once('data', () => resolve())
        this.socket.once('end', () => resolve())
        this.socket.once('close', () => resolve())
      })
    }
  }

  async texts(count: number): Promise<(string | undefined)[]> {
    const texts: (string | undefined)[] = []
    for (let i = 0; i < count; i++) texts.push((await this.frame())?.toString())
    return texts
  }

  /** Settles once the connection is closed, from whichever side. */
  async closed(): Promise<void> {
    if (!this.socket.closed) await once(this.socket, 'close').catch(() => {})
  }

  [Symbol.dispose](): void {
    this.socket.destroy()
  }
}

export function framed(payload: Uint8Array): Buffer[] {
  const size = Buffer.alloc(4)
  size.writeInt32BE(payload.byteLength)
  return [size, Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)]
}

/** Bytes that differ from those of any other seed nearly everywhere. */
export function distinct(seed: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  let state = seed * 2654435761 + 1
  for (let i = 0; i < length; i++) {
    state = (state * 1103515245 + 12345) & 0x7fffffff
    bytes[i] = state >>> 16
  }
  return bytes
}

/** Waits for what is to become true by itself. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 10_000
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`never: ${what}`)
    await new Promise((resolve) => void setImmediate(resolve))
  }
}
