import { ProtocolError } from '../protocol-error.ts'
import { sizeBytes } from './frame.ts'

/** Where incomplete frames are kept. What lies in a region may be used long after it was left. */
export type Regions = {
  /**
   * Memory that need not be zeroed: `bytes` of it, or `frameBytes` and more. The former are not
   * more than the latter, which is what the frame will be with its size if it comes whole.
   */
  take(bytes: number, frameBytes: number): Buffer
  /** Nothing of the region is used, or will be, from `unusedFrom` on. */
  leave(region: Buffer, unusedFrom: number): void
}

/**
 * Cuts what arrives on a connection into frames. It knows no socket and copies little:
 *
 * - `push(chunk)`: frames that lie whole in a chunk are views on it. Only a frame that a chunk ends
 *   in the middle of is moved, into a region of its own.
 * - While such a frame is incomplete, its rest can be read straight into place: read into
 *   `space()`, then call `filled(count)`.
 *
 * A size that a peer merely claims allocates little: a region is never larger than 8 times the
 * bytes that have come (64 KiB at first). A frame that outgrows its region moves, so of a large
 * frame at most one byte in 7 is copied on the way. What follows a frame in its region stays there
 * if it fits, and moves otherwise.
 */
export class FrameReader {
  private readonly maxFrameBytes: number
  private readonly onFrame: (frame: Uint8Array) => void
  private readonly regions: Regions
  private copied = 0
  /** Holds an incomplete frame, from `start` to `end`; undefined while there is none. */
  private region: Buffer | undefined
  private start = 0
  private end = 0

  /**
   * @param onFrame Gets each frame without its size. A frame lives as long as the chunk or region
   *   that it is a view on. If it throws, the reader must not be used any further, but discarded.
   * @param regions Those of other readers too; left out, each incomplete frame gets fresh memory.
   */
  constructor(
    limits: { maxFrameBytes: number },
    onFrame: (frame: Uint8Array) => void,
    regions: Regions = freshRegions,
  ) {
    this.maxFrameBytes = limits.maxFrameBytes
    this.onFrame = onFrame
    this.regions = regions
  }

  /** Bytes of a frame that has not come whole yet. */
  get pendingBytes(): number {
    return this.end - this.start
  }

  /** Bytes that were moved, all in all. */
  get copiedBytes(): number {
    return this.copied
  }

  /** How large a region `space()` would take; 0 if there is room where the frame lies. */
  get growthBytes(): number {
    if (this.region === undefined) return firstRegionBytes
    return this.hasRoom(this.region) ? 0 : regionBytes(this.held())
  }

  /**
   * Takes bytes in the order of the wire, cut anywhere. The chunk must stay as it is for as long as
   * the frames from it are used.
   *
   * @throws {ProtocolError} FrameTooLarge for a size that is negative or above the limit, after
   *   the frames before it were handed out.
   */
  push(chunk: Uint8Array): void {
    let rest = chunk
    while (this.region !== undefined && rest.byteLength > 0) {
      // Only what completes the frame is moved: whole frames behind it stay views on the chunk.
      const space = this.space()
      const count = Math.min(space.byteLength, rest.byteLength, this.missingBytes())
      space.set(rest.subarray(0, count))
      this.copied += count
      this.filled(count)
      rest = rest.subarray(count)
    }
    const left = rest.subarray(this.cut(rest))
    if (left.byteLength > 0) this.keep(left, regionBytes(left))
  }

  /** Where the next bytes may be read to; never empty. What is read there is not copied again. */
  space(): Uint8Array {
    const { region } = this
    if (region === undefined) return this.keep(noBytes, firstRegionBytes)
    if (this.hasRoom(region)) return region.subarray(this.end)
    const held = this.held()
    return this.keep(held, regionBytes(held))
  }

  /** Says that so many bytes were read into `space()`. Throws as `push` does. */
  filled(count: number): void {
    const region = this.region as Buffer
    const { start } = this
    this.end += count
    this.start = this.end // frames that were handed out before this throws stay as they are
    this.start = start + this.cut(region.subarray(start, this.end))
    if (this.start === this.end) this.discard()
  }

  /** Leaves what has come of an incomplete frame. Nothing may be read to `space()` any more. */
  discard(): void {
    if (this.region === undefined) return
    this.regions.leave(this.region, this.start)
    this.region = undefined
    this.start = 0
    this.end = 0
  }

  /** Hands out the whole frames that `bytes` begin with. @returns How many bytes they are. */
  private cut(bytes: Uint8Array): number {
    let position = 0
    while (bytes.byteLength - position >= sizeBytes) {
      const frame = position + sizeBytes
      const next = frame + this.claimedBytes(bytes, position)
      if (next > bytes.byteLength) break
      this.onFrame(bytes.subarray(frame, next))
      position = next
    }
    return position
  }

  private claimedBytes(bytes: Uint8Array, position: number): number {
    const claimed = readSize(bytes, position)
    if (claimed >= 0 && claimed <= this.maxFrameBytes) return claimed
    const allowed = `0 to ${this.maxFrameBytes} are allowed`
    throw new ProtocolError('FrameTooLarge', `a frame claims ${claimed} bytes, ${allowed}`)
  }

  /** What the incomplete frame lacks, or its size where that has not come whole. */
  private missingBytes(): number {
    const held = this.held()
    const wanted = held.byteLength < sizeBytes ? sizeBytes : sizeBytes + readSize(held, 0)
    return wanted - held.byteLength
  }

  private held(): Uint8Array {
    return (this.region as Buffer).subarray(this.start, this.end)
  }

  /**
   * Whether more can be read behind what is held. A frame that begins behind others and will not
   * fit moves before the rest of it comes, not when the region is full.
   */
  private hasRoom(region: Buffer): boolean {
    if (this.end === region.byteLength) return false
    if (this.start === 0 || this.pendingBytes < sizeBytes) return true
    return this.start + sizeBytes + readSize(region, this.start) <= region.byteLength
  }

  /** Moves an incomplete frame into a region of its own. @returns The room behind it. */
  private keep(held: Uint8Array, capacityBytes: number): Uint8Array {
    const frameBytes = held.byteLength < sizeBytes ? capacityBytes : sizeBytes + readSize(held, 0)
    const region = this.regions.take(capacityBytes, frameBytes)
    region.set(held)
    this.copied += held.byteLength
    this.discard()
    this.region = region
    this.end = held.byteLength
    return region.subarray(this.end)
  }
}

const freshRegions: Regions = {
  // Not from Node's pool: a frame of a megabyte would be none anyway, and a small one would pin
  // 8 KiB. Not zeroed: only what has been filled is ever looked at.
  take: (bytes) => Buffer.allocUnsafeSlow(bytes),
  leave() {},
}

const firstRegionBytes = 64 * 1024
const growth = 8
const noBytes = new Uint8Array(0)

/** How large a region an incomplete frame gets, of which `held` has come. */
function regionBytes(held: Uint8Array): number {
  if (held.byteLength < sizeBytes) return firstRegionBytes
  const most = Math.max(firstRegionBytes, held.byteLength * growth)
  let bytes = sizeBytes + readSize(held, 0)
  // An eighth of the frame, or an eighth of that: the last region then holds the frame exactly, and
  // what is moved on the way there is 1/8 + 1/64 + ... of it.
  while (bytes > most) bytes = Math.ceil(bytes / growth)
  return bytes
}

function readSize(bytes: Uint8Array, position: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset + position, sizeBytes).getInt32(0)
}
