import type { Clock } from '../../lib/clock.ts'
import type { FrameMemory } from '../protocol/frames/frame-memory.ts'
import type { Regions } from '../protocol/frames/frame-reader.ts'
import type { ReceiveBudget } from './receive-budget.ts'

/**
 * Memory that incomplete frames are read into, lent from slabs of a megabyte: a busy connection
 * takes many frames with one read, and what it leaves of a slab goes to the next. A frame that is
 * larger than a slab gets memory of its own, and so does one for which no slab is free. Few are
 * lent at a time, since a peer that stops in the middle of a frame keeps its slab.
 *
 * A slab is used again once nobody holds it, from the next turn on (`FrameMemory`). One of its frames
 * that nobody promised so much of (`BeginOptions`, `RequestOptions`) is enough to leave it to the garbage
 * collector instead, which is always right and dear: it took 0.45 s of CPU per GB in place of 0.18,
 * since memory outside of V8's heap makes it collect all of its heap again and again, and that in a
 * process with next to no heap.
 */
export class Slabs implements FrameMemory {
  private readonly clock: Pick<Clock, 'turn'>
  private readonly most: number
  private readonly lent = new Set<Buffer>()
  /** What is left of slabs that were lent before. */
  private rests: Buffer[] = []
  private readonly whole: Buffer[] = []
  /** How many hold each slab that may be used again: readers, frames, and who else says so. */
  private readonly holders = new Map<ArrayBufferLike, number>()
  /** Nobody holds them any more; they may be looked at until the turn ends. */
  private readonly resting = new Set<ArrayBufferLike>()

  /** @param maxReceivedBytes Of the frames of one listener: see `NetLimits`. */
  constructor({ clock, maxReceivedBytes }: SlabsOptions) {
    this.clock = clock
    this.most = Math.min(mostLent, Math.floor(maxReceivedBytes / 8 / slabBytes))
  }

  /** Memory for a frame: see `Regions`. @param budget Whole slabs count there. */
  regions(budget?: Pick<ReceiveBudget, 'hold' | 'release'>): Regions {
    return {
      take: (bytes, frameBytes) => {
        const region = this.lend(frameBytes) ?? Buffer.allocUnsafeSlow(bytes)
        budget?.hold(region.buffer)
        this.hold(region.buffer)
        return region
      },
      leave: (region, unusedFrom) => {
        const rest = region.subarray(unusedFrom)
        if (this.lent.delete(region) && rest.byteLength >= smallestRest) this.rests.push(rest)
        this.release(region.buffer)
        budget?.release(region.buffer)
      },
    }
  }

  hold(buffer: ArrayBufferLike): void {
    const holders = this.holders.get(buffer)
    if (holders !== undefined) this.holders.set(buffer, holders + 1)
  }

  release(buffer: ArrayBufferLike): void {
    const holders = this.holders.get(buffer)
    if (holders === undefined) return // it is no slab, or is not used again
    this.holders.set(buffer, holders - 1)
    if (holders > 1) return
    this.rests = this.rests.filter((rest) => rest.buffer !== buffer)
    this.resting.add(buffer)
    if (this.resting.size === 1) void this.clock.turn().then(() => this.takeBack())
  }

  /** Somebody may look at it for longer than anybody says: it is not used again. */
  abandon(buffer: ArrayBufferLike): void {
    this.holders.delete(buffer)
  }

  private takeBack(): void {
    for (const buffer of this.resting) {
      if (this.holders.get(buffer) !== 0) continue // held again, or abandoned
      if (this.whole.length < mostKept) this.whole.push(Buffer.from(buffer as ArrayBuffer))
      else this.holders.delete(buffer)
    }
    this.resting.clear()
  }

  private lend(frameBytes: number): Buffer | undefined {
    if (frameBytes > slabBytes) return undefined
    let slab = this.rests.pop()
    if (slab === undefined || slab.byteLength < frameBytes) {
      if (this.lent.size >= this.most) return undefined
      slab = this.whole.pop() ?? this.newSlab()
    }
    this.lent.add(slab)
    return slab
  }

  private newSlab(): Buffer {
    const slab = Buffer.allocUnsafeSlow(slabBytes)
    this.holders.set(slab.buffer, 0)
    return slab
  }
}

type SlabsOptions = { readonly clock: Pick<Clock, 'turn'>; readonly maxReceivedBytes: number }

/** Slabs of 256 KiB took twice as much user time (64 KB frames, 1.8 GB/s). */
export const slabBytes = 2 ** 20
const smallestRest = 64 * 1024
/** At a time, if they are not more than an eighth of what frames may take. */
const mostLent = 16
const mostKept = 4
