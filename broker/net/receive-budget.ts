import type { NetMetrics } from './metrics.ts'

/** A connection that waits for memory. */
export type Waiter = {
  /** What the frame it is in the middle of needs next; 0 if it is between frames. */
  readonly neededBytes: number
  /** It may go on: take what it needs, and read again. */
  granted(): void
}

/**
 * The memory that received frames of all connections of a listener may take together, whole or
 * not, until they are answered. A view keeps all of its buffer alive, so that whole buffers count.
 *
 * A connection asks before it reads on, and waits if there is no room. Who is in the middle of a
 * frame goes first, since only whole frames can be answered and give memory back; within both kinds
 * the one that waits longest. So that frames that came in part never wait for each other, one
 * of them at a time may go beyond the bound, until all are below it again.
 *
 * Used is therefore at most: the bound, one frame, and for each connection one read into the landing
 * buffer with the region that the frame begun in it gets, since that is asked for only afterwards.
 */
export class ReceiveBudget {
  private readonly maxBytes: number
  private readonly metrics: Pick<NetMetrics, 'receivedBytes' | 'memoryWaits'>
  /** How many use each buffer: frames that are not answered, and a reader. */
  private readonly buffers = new Map<ArrayBufferLike, number>()
  private readonly midFrame = new Set<Waiter>() // in the order in which they came
  private readonly betweenFrames = new Set<Waiter>()
  private beyond: { readonly waiter: Waiter; mayGrow: boolean } | undefined

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

  /** Whether it may read on now. If not, it waits, and is told. */
  ask(waiter: Waiter): boolean {
    if (this.mayGoOn(waiter)) return true
    this.metrics.memoryWaits += 1
    if (waiter.neededBytes === 0) this.betweenFrames.add(waiter)
    else this.midFrame.add(waiter)
    return false
  }

  /** Its frame came whole: what it reads next is no longer that one frame beyond the bound. */
  frameCame(waiter: Waiter): void {
    if (this.beyond?.waiter === waiter) this.beyond.mayGrow = false
  }

  /** It is closed, and what it held was released. */
  leave(waiter: Waiter): void {
    this.midFrame.delete(waiter)
    this.betweenFrames.delete(waiter)
    if (this.beyond?.waiter === waiter) this.beyond = undefined
    this.serve()
  }

  private mayGoOn(waiter: Waiter): boolean {
    if (waiter.neededBytes === 0) return this.midFrame.size === 0 && this.usedBytes < this.maxBytes
    if (this.beyond?.waiter === waiter && this.beyond.mayGrow) return true
    return this.midFrame.size === 0 && this.mayTake(waiter)
  }

  private mayTake(waiter: Waiter): boolean {
    if (this.usedBytes + waiter.neededBytes <= this.maxBytes) return true
    if (this.beyond !== undefined) return false
    this.beyond = { waiter, mayGrow: true }
    return true
  }

  private serve(): void {
    for (const waiter of this.midFrame) {
      if (!this.mayTake(waiter)) return
      this.midFrame.delete(waiter)
      waiter.granted()
    }
    for (const waiter of this.betweenFrames) {
      if (this.usedBytes >= this.maxBytes) return
      this.betweenFrames.delete(waiter)
      waiter.granted()
    }
  }
}

/** Size of the buffer that connections read into which are in the middle of no frame. */
export const landingBytes = 16 * 1024
