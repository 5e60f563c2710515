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
  private chunks: Buffer[] = []
  private length = 0
  private wake: (() => void) | undefined
  private ended = false
  error: Error | undefined

  constructor(port: number) {
    this.socket = createConnection({ host: '127.0.0.1', port, noDelay: true })
    this.socket.on('error', (error) => void (this.error = error))
    this.socket.on('data', (chunk) => {
      this.chunks.push(chunk as Buffer)
      this.length += chunk.length
      this.wake?.()
    })
    const ended = () => {
      this.ended = true
      this.wake?.()
    }
    this.socket.on('end', ended)
    this.socket.on('close', ended)
  }

  static async open(port: number): Promise<Client> {
    const client = new Client(port)
    await once(client.socket, 'connect')
    return client
  }

  send(...payloads: readonly Uint8Array[]): void {
    this.socket.write(Buffer.concat(payloads.flatMap(framed)))
  }

  /** The next frame; undefined if the connection ends before it is there. */
  async frame(): Promise<Buffer | undefined> {
    const size = await this.bytes(4)
    return size === undefined ? undefined : this.bytes(size.readInt32BE())
  }

  private async bytes(count: number): Promise<Buffer | undefined> {
    while (this.length < count) {
      if (this.ended) return undefined
      await new Promise<void>((resolve) => void (this.wake = resolve))
    }
    const all = Buffer.concat(this.chunks)
    this.chunks = count === all.length ? [] : [all.subarray(count)]
    this.length -= count
    return all.subarray(0, count)
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
