import { sizeBytes } from '../protocol/frames/frame.ts'
import { FrameReader, type Regions } from '../protocol/frames/frame-reader.ts'

/**
 * Turns what a socket reads into frames that stay as they are for as long as somebody uses them.
 *
 * Between frames a connection reads into the landing buffer that it shares with all others. Whole
 * frames are copied out of it, at most its 16 KB for each read. What begins there and does not end
 * moves into a region of its own, and the rest of it is read straight behind (`FrameReader`).
 */
export class Receiver {
  private readonly landing: Uint8Array
  private readonly regions: Regions | undefined
  private readonly reader: FrameReader
  private copied = 0

  constructor(
    { landing, regions, maxFrameBytes }: ReceiverOptions,
    onFrame: (frame: Uint8Array) => void,
  ) {
    this.landing = landing
    this.regions = regions
    this.reader = new FrameReader({ maxFrameBytes }, onFrame, regions)
  }

  /** Bytes of a frame that has not come whole. */
  get pendingBytes(): number {
    return this.reader.pendingBytes
  }

  get copiedBytes(): number {
    return this.copied + this.reader.copiedBytes
  }

  /** How much memory the frame that has begun needs before more can be read into its place. */
  get neededBytes(): number {
    return this.pendingBytes === 0 ? 0 : this.reader.growthBytes
  }

  /** Takes that memory. */
  grow(): void {
    if (this.pendingBytes > 0) this.reader.space()
  }

  /** Where the next bytes may be read to. Takes no memory. */
  buffer(): Uint8Array {
    return this.pendingBytes === 0 || this.neededBytes > 0 ? this.landing : this.reader.space()
  }

  /**
   * Says that so many bytes were read into what `buffer()` gave last.
   *
   * @throws {ProtocolError} FrameTooLarge, and whatever `onFrame` throws.
   */
  filled(count: number, buffer: Uint8Array): void {
    if (buffer === this.landing) this.landed(buffer.subarray(0, count))
    else this.reader.filled(count)
  }

  /** Takes bytes that nobody else will change. Throws as `filled` does. */
  push(chunk: Uint8Array): void {
    this.reader.push(chunk)
  }

  /** Leaves what has come of a frame. The socket must not read any more. */
  discard(): void {
    this.reader.discard()
  }

  private landed(chunk: Uint8Array): void {
    // A frame that had to wait for memory goes on here: its rest moves into its place, and what
    // follows is rarely much.
    const stays = this.pendingBytes > 0 ? chunk.byteLength : wholeFrames(chunk)
    if (stays > 0) this.keep(chunk.subarray(0, stays))
    if (stays < chunk.byteLength) this.reader.push(chunk.subarray(stays))
  }

  /**
   * Copies what landed, in one piece: at 16 KB it costs less than a small one for each frame. Much of
   * it goes where incomplete frames do. A little does not, since it may be a Fetch that waits: that
   * would keep a whole slab.
   */
  private keep(landed: Uint8Array): void {
    const bytes = landed.byteLength
    const region = bytes < littleBytes ? undefined : this.regions?.take(bytes, bytes)
    const copy = region ?? Buffer.allocUnsafeSlow(bytes)
    copy.set(landed)
    this.copied += bytes
    try {
      this.reader.push(copy.subarray(0, bytes))
    } finally {
      if (region !== undefined) this.regions?.leave(region, bytes)
    }
  }
}

const littleBytes = 4 * 1024

type ReceiverOptions = {
  readonly landing: Uint8Array
  /** Shared with others; left out, each frame that does not come whole gets fresh memory. */
  readonly regions?: Regions
  readonly maxFrameBytes: number
}

/** How many bytes the whole frames are that a chunk begins with. */
function wholeFrames(chunk: Uint8Array): number {
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  let end = 0
  while (chunk.byteLength - end >= sizeBytes) {
    const claimed = view.getInt32(end) // one that is not allowed is the reader's to refuse
    if (claimed < 0 || claimed > chunk.byteLength - end - sizeBytes) break
    end += sizeBytes + claimed
  }
  return end
}
