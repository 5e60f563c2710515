import type { NetMetrics } from './metrics.ts'

/** A connection that waits for memory. */
export type Waiter = {
  /** Whether it has begun a frame that did not come whole. */
  readonly midFrame: boolean
  /** What that frame needs to grow; 0 if there is room for more of it. */
  readonly neededBytes: number
  /** It may go on: take what it needs, and read again. */
  granted(): void
}

/**
 * Bounds the memory that received frames of all connections of a listener take together, whole or
 * not, until they are answered. A view keeps all of its buffer alive, so that whole buffers count.
 *
 * A connection asks before it takes more, and waits if there is no room: who waits longest goes on
 * first. Only whole frames can be answered and give memory back. So that frames that came in part
 * never wait for each other, one of them at a time may go beyond the bound until it is answered.
 *
 * Used is therefore at most: the bound, one frame, and for each connection one read into the landing
 * buffer with the region that the frame begun in it gets, since that is asked for only afterwards.
 */
export class ReceiveBudget {
  private readonly maxBytes: number
  private readonly metrics: Pick<NetMetrics, 'receivedBytes' | 'memoryWaits'>
  /** How many use each buffer: frames that are not answered, and a reader. */
  private readonly buffers = new Map<ArrayBufferLike, number>()
  private readonly waiting = new Set<Waiter>() // in the order in which they came
  private beyond: { readonly waiter: Waiter; frame: Uint8Array | undefined } | undefined

  constructor(maxBytes: number, metrics: Pick<NetMetrics, 'receivedBytes' | 'memoryWaits'>) {
    this.maxBytes = maxBytes
    this.metrics = metrics
  }

  get usedBytes(): number {
    return this.metrics.receivedBytes
  }

  hold(buffer: ArrayBufferLike): void {
    const users = this.buffers.get(buffer) ?? 0
    if (users === 0) this.metrics.receivedBytes += buffer.byteLength
    this.buffers.set(buffer, users + 1)
  }

  release(buffer: ArrayBufferLike): void {
    const users = this.buffers.get(buffer) as number
    if (users > 1) {
      this.buffers.set(buffer, users - 1)
      return
    }
    this.buffers.delete(buffer)
    this.metrics.receivedBytes -= buffer.byteLength
    if (this.beyond !== undefined && this.usedBytes <= this.maxBytes) this.beyond = undefined
    this.serve()
  }

  /** A frame came whole, and its buffer is held until it is gone. */
  frameCame(waiter: Waiter, frame: Uint8Array): void {
    this.hold(frame.buffer)
    if (this.beyond?.waiter === waiter) this.beyond.frame ??= frame
  }

  /** It is answered, or nobody is there to be answered. */
  frameGone(frame: Uint8Array): void {
    if (this.beyond?.frame === frame) this.beyond = undefined
    this.release(frame.buffer)
    this.serve()
  }

  /** Whether it may read on now. If not, it waits, and is told. */
  ask(waiter: Waiter): boolean {
    if (this.beyond?.waiter === waiter && this.beyond.frame === undefined) return true
    if (this.waiting.size === 0 && (this.hasRoom(waiter) || this.letBeyond(waiter))) return true
    this.metrics.memoryWaits += 1
    this.waiting.add(waiter)
    return false
  }

  /** It is closed, and what it held was released. */
  leave(waiter: Waiter): void {
    this.waiting.delete(waiter)
    if (this.beyond?.waiter === waiter) this.beyond = undefined
    this.serve()
  }

  private hasRoom({ midFrame, neededBytes }: Waiter): boolean {
    return midFrame ? this.usedBytes + neededBytes <= this.maxBytes : this.usedBytes < this.maxBytes
  }

  private letBeyond(waiter: Waiter): boolean {
    if (this.beyond !== undefined || !waiter.midFrame) return false
    this.beyond = { waiter, frame: undefined }
    return true
  }

  private serve(): void {
    if (this.waiting.size === 0) return
    for (const waiter of this.waiting) {
      if (!this.hasRoom(waiter) && !this.letBeyond(waiter)) break
      this.grant(waiter)
    }
    if (this.beyond !== undefined) return
    for (const waiter of this.waiting) {
      if (!this.letBeyond(waiter)) continue
      this.grant(waiter)
      return
    }
  }

  private grant(waiter: Waiter): void {
    this.waiting.delete(waiter)
    waiter.granted()
  }
}

/** Size of the buffer that connections read into which are in the middle of no frame. */
export const landingBytes = 16 * 1024
