import type { Socket } from 'node:net'
import type { Clock, Timer } from '../../lib/clock.ts'
import type { Regions } from '../protocol/frames/frame-reader.ts'
import { ProtocolError } from '../protocol/protocol-error.ts'
import type { Part } from '../protocol/schema/fields.ts'
import type { Answer, BeginOptions } from './answer.ts'
import type { NetLimits } from './limits.ts'
import type { CloseReason, NetMetrics } from './metrics.ts'
import type { Pieces } from './pieces.ts'
import type { Reading } from './read-in-place.ts'
import type { ReceiveBudget, Waiter } from './receive-budget.ts'
import { Receiver } from './receiver.ts'
import { Requests, type RequestsOwner } from './requests.ts'
import { fileOf } from './sent-file.ts'
import type { Slabs } from './slabs.ts'
import { Writer } from './writer.ts'

/** What the connections of a listener share. */
export type Shared = {
  readonly limits: NetLimits
  readonly clock: Clock
  readonly metrics: NetMetrics
  readonly budget: ReceiveBudget
  readonly slabs: Slabs
  readonly regions: Regions
  readonly pieces: Pieces
  readonly landing: Uint8Array
  /** Turns of the idle timer; the time of a connection's last byte is told in them. */
  readonly idleTurn: { count: number }
  /** Called for each frame, in order. It begins one answer before it returns. */
  readonly onRequest: (frame: Uint8Array, connection: Connection) => void
  readonly onFatal: (error: unknown) => void
  readonly onAnswered: ((frame: Uint8Array, elapsedMs: number) => void) | undefined
  readonly onClosed: (connection: Connection, closed: Closed) => void
}

export type Closed = { readonly reason: CloseReason; readonly message: string }

/**
 * One connection of a client. It is read only while all its bounds allow it (`mayRead`); whatever
 * may change that ends with `update`.
 */
export class Connection implements Reading, Waiter, RequestsOwner {
  readonly id: number
  readonly remoteAddress: string
  readonly remotePort: number
  private readonly shared: Shared
  private readonly receiver: Receiver
  private readonly requests: Requests
  private socket!: Socket // from start() on, as is the writer
  private writer!: Writer
  private reading = false
  private memory: 'unasked' | 'waiting' | 'granted' = 'granted'
  private settling = false
  private settlesSoon = false
  private endWhenAnswered: CloseReason | undefined
  private ending = false // our side is ended; what still comes is thrown away
  private closed: Closed | undefined
  private linger: Timer | undefined
  private copiedBytes = 0
  private activeTurn: number

  constructor(shared: Shared, peer: { id: number; address: string; port: number }) {
    this.shared = shared
    this.id = peer.id
    this.remoteAddress = peer.address
    this.remotePort = peer.port
    this.activeTurn = shared.idleTurn.count
    const { landing, regions, limits } = shared
    const { maxFrameBytes } = limits
    this.receiver = new Receiver({ landing, regions, maxFrameBytes }, (frame) => this.take(frame))
    this.requests = new Requests(limits, this)
  }

  /** Begins to read. @param socket Paused, and reading into this connection. */
  start(socket: Socket): void {
    this.socket = socket
    this.writer = new Writer({
      socket,
      pieces: this.shared.pieces,
      metrics: this.shared.metrics,
      onProgress: (bytes) => this.progress(bytes),
      onFailure: (error) => this.destroy('FileReadFailed', error.message),
    })
    socket.on('end', () => this.peerEnded())
    socket.on('error', (error) => this.note('Reset', error.message)) // normal: peers die
    socket.on('close', () => this.cleanUp())
    this.update()
  }

  /** Requests that were read and are not answered. */
  get requestsInFlight(): number {
    return this.requests.count
  }

  /** Begins the answer to the frame that is being handed over, once for each. */
  begin(options: BeginOptions = {}): Answer {
    return this.requests.begin(options)
  }

  /** Closes the connection now, without answering anything any more. */
  destroy(reason: CloseReason, message: string): void {
    this.note(reason, message)
    this.requests.stop()
    this.socket.destroy()
  }

  /** Reads nothing more, answers what was read, and closes. */
  drain(): void {
    this.endWhenAnswered ??= 'Drained'
    this.guard(() => this.update())
  }

  /** Whether no byte came or went since that turn of the idle timer, and nobody is to answer. */
  idleSince(turn: number): boolean {
    if (this.activeTurn > turn || this.memory === 'waiting') return false
    return this.requests.count === 0 || this.writer.unwrittenBytes > 0
  }

  // What reads the socket asks for.

  buffer(): Uint8Array {
    return this.receiver.buffer()
  }

  filled(count: number, buffer: Uint8Array): void {
    this.received(count, () => this.receiver.filled(count, buffer))
  }

  push(chunk: Uint8Array): void {
    this.received(chunk.byteLength, () => this.receiver.push(chunk))
  }

  // What the budget asks for.

  get midFrame(): boolean {
    return this.receiver.pendingBytes > 0
  }

  get neededBytes(): number {
    return this.receiver.neededBytes
  }

  granted(): void {
    this.memory = 'granted'
    this.activeTurn = this.shared.idleTurn.count
    if (!this.ending) this.receiver.grow()
    this.guard(() => this.update())
  }

  // What its requests ask for.

  /** Whether its peer takes its answers: who does not may not ask for more. */
  get takesAnswers(): boolean {
    return this.writer.unwrittenBytes < this.shared.limits.pauseUnwrittenBytes
  }

  handle(frame: Uint8Array): void {
    this.shared.onRequest(frame, this)
  }

  /** Answers that get ready in one turn leave together: each alone took a third more CPU. */
  ready(): void {
    if (this.settling || this.settlesSoon) return
    this.settlesSoon = true
    queueMicrotask(() => {
      this.settlesSoon = false
      this.guard(() => this.settle())
    })
  }

  /** When a request is handed over, if anybody wants to know how long it takes. */
  startedMs(): number {
    return this.shared.onAnswered === undefined ? 0 : this.shared.clock.monotonicMs()
  }

  answered(frame: Uint8Array, startedMs: number): void {
    this.shared.onAnswered?.(frame, this.shared.clock.monotonicMs() - startedMs)
  }

  write(parts: readonly Part[], written: () => void): void {
    this.writer.add(parts, written)
  }

  hold(parts: readonly Part[]): void {
    for (const part of parts) {
      if (part instanceof Uint8Array) this.shared.slabs.hold(part.buffer)
      else fileOf(part).hold?.()
    }
  }

  release(parts: readonly Part[]): void {
    for (const part of parts) {
      if (part instanceof Uint8Array) this.shared.slabs.release(part.buffer)
      else fileOf(part).release?.()
    }
  }

  close(reason: CloseReason, why: string): void {
    this.note(reason, why)
    this.endWhenAnswered = reason
  }

  gone(frame: Uint8Array, done: boolean): void {
    this.shared.metrics.requestsInFlight -= 1
    if (done) this.shared.slabs.release(frame.buffer)
    else this.shared.slabs.abandon(frame.buffer)
    this.shared.budget.frameGone(frame)
  }

  private received(count: number, read: () => void): void {
    this.shared.metrics.bytesIn += count
    this.activeTurn = this.shared.idleTurn.count
    if (this.closed !== undefined || this.ending) return
    const { requests } = this.shared.metrics
    const wasMidFrame = this.midFrame
    this.guard(() => {
      try {
        read()
      } finally {
        // Only more of a frame that there is memory for is no question of the budget.
        const isSameFrame = wasMidFrame && this.shared.metrics.requests === requests
        if (!isSameFrame || this.neededBytes > 0) this.memory = 'unasked'
        this.shared.metrics.copiedBytes += this.receiver.copiedBytes - this.copiedBytes
        this.copiedBytes = this.receiver.copiedBytes
        this.settle() // frames count that came before bytes that are none
      }
    })
  }

  private take(frame: Uint8Array): void {
    const { budget, metrics, slabs } = this.shared
    budget.frameCame(this, frame)
    slabs.hold(frame.buffer)
    metrics.requests += 1
    metrics.requestsInFlight += 1
    this.requests.add(frame)
  }

  /** Hands over what was read and writes what is ready, until there is no more of either. */
  private settle(): void {
    if (this.socket.destroyed) return
    this.settling = true
    try {
      this.requests.leaveReady()
      this.requests.handOver()
      this.writer.flush()
    } finally {
      this.settling = false
    }
    const { unwrittenBytes } = this.writer
    if (unwrittenBytes > this.shared.limits.maxUnwrittenBytes && this.requests.leavingCount > 1) {
      this.destroy('SlowPeer', `${unwrittenBytes} bytes of answers were not taken`)
    }
    this.update()
  }

  private progress(bytes: number): void {
    this.shared.metrics.bytesOut += bytes
    this.activeTurn = this.shared.idleTurn.count
    this.guard(() => this.settle())
  }

  private update(): void {
    if (this.socket.destroyed) return
    if (this.endWhenAnswered !== undefined && this.requests.count === 0 && this.writer.idle) {
      this.end(this.endWhenAnswered)
    }
    const mayRead = this.mayRead()
    if (mayRead === this.reading) return
    this.reading = mayRead
    if (mayRead) this.socket.resume()
    else this.socket.pause()
  }

  private mayRead(): boolean {
    const { limits, budget } = this.shared
    if (this.ending) return true
    if (this.endWhenAnswered !== undefined || !this.requests.hasPlace) return false
    if (this.requests.inFlightBytes >= limits.maxInFlightBytes) return false
    if (!this.takesAnswers) return false
    if (this.memory === 'unasked') {
      this.memory = budget.ask(this) ? 'granted' : 'waiting'
      if (this.memory === 'granted') this.receiver.grow()
    }
    return this.memory === 'granted'
  }

  private peerEnded(): void {
    this.endWhenAnswered ??= 'Ended'
    this.guard(() => this.update())
    // What was asked before may be answered soon. Who is to wait for long waits for nobody.
    this.lingerOnce()
  }

  /** Ends our side behind what was written, and waits for the peer to end its own. */
  private end(reason: CloseReason): void {
    if (this.ending) return
    this.note(reason, '')
    this.ending = true
    this.socket.end()
    this.lingerOnce()
  }

  private lingerOnce(): void {
    const { clock, limits } = this.shared
    this.linger ??= clock.timer(limits.lingerMs, () => {
      this.destroy(this.endWhenAnswered ?? 'Ended', 'the peer took too long')
    })
  }

  private note(reason: CloseReason, message: string): void {
    this.closed ??= { reason, message }
  }

  /** The socket is closed, which it is once: everything that is held is given back. */
  private cleanUp(): void {
    this.linger?.cancel()
    this.writer.close()
    this.receiver.discard()
    this.guard(() => {
      this.requests.clear()
      this.shared.budget.leave(this)
      this.shared.onClosed(this, this.closed ?? { reason: 'Ended', message: '' })
    })
  }

  /** What a peer sends ends its connection; what we do wrong is told to the owner. */
  private guard(act: () => void): void {
    try {
      act()
    } catch (error) {
      const known = error instanceof ProtocolError
      this.destroy(known ? error.reason : 'Failed', error instanceof Error ? error.message : '')
      if (!known) this.shared.onFatal(error)
    }
  }
}
