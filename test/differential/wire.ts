import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { FrameReader } from '../../broker/protocol/frames/frame-reader.ts'
import type { Part } from '../../broker/protocol/schema/fields.ts'

/** What came on a connection: a frame without its size, its end, or nothing for a long time. */
export type Arrival = Uint8Array | 'closed' | 'silent'

/** A connection as a client has it, on which any bytes may be sent. */
export class Wire {
  nextCorrelationId = 0
  private readonly socket: Socket
  private readonly frames: Uint8Array[] = []
  private isClosed = false
  private wake = () => {}

  private constructor(socket: Socket) {
    this.socket = socket
    const reader = new FrameReader({ maxFrameBytes: 2 ** 30 }, (frame) => this.frames.push(frame))
    socket.on('data', (chunk) => {
      reader.push(chunk as Buffer)
      this.wake()
    })
    socket.on('error', () => {}) // 'close' follows: a reset is an end as well
    socket.on('close', () => {
      this.isClosed = true
      this.wake()
    })
  }

  static async dial({ host, port }: { host: string; port: number }): Promise<Wire> {
    const socket = connect({ host, port, noDelay: true })
    await once(socket, 'connect')
    return new Wire(socket)
  }

  get isOpen(): boolean {
    return !this.isClosed
  }

  send(parts: readonly Part[]): void {
    this.socket.write(Buffer.concat(parts as readonly Uint8Array[])) // what we send is in memory
  }

  /** Says that nothing more will be sent. */
  endSending(): void {
    this.socket.end()
  }

  /** The next frame that has come, or comes. */
  async next(timeoutMs: number): Promise<Arrival> {
    const endMs = performance.now() + timeoutMs
    while (this.frames.length === 0) {
      if (this.isClosed) return 'closed'
      const leftMs = endMs - performance.now()
      if (leftMs <= 0) return 'silent'
      await this.woken(leftMs)
    }
    return this.frames.shift() as Uint8Array
  }

  close(): void {
    this.socket.destroy()
  }

  private async woken(timeoutMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, timeoutMs)
    this.wake = resolve
    await promise
    clearTimeout(timer)
  }
}
