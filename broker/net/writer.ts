import type { Socket } from 'node:net'
import type { FileSlice, Part } from '../protocol/schema/fields.ts'
import type { NetMetrics } from './metrics.ts'
import { type Pieces, pieceBytes } from './pieces.ts'
import { fileOf } from './sent-file.ts'

/** What is to be written, and how far it has come: to `offset` in the part `next`. */
type Item = {
  readonly parts: readonly Part[]
  readonly written: () => void
  next: number
  offset: number
}

/**
 * Writes answers to a socket, one behind the other. What is added before `flush` is written at
 * once; the socket is never given more than a megabyte that it has not written, and ranges of
 * files are read only as it gets on, one piece at a time.
 */
export class Writer {
  private readonly socket: Socket
  private readonly pieces: Pieces
  private readonly metrics: Pick<NetMetrics, 'joinedBytes'>
  private readonly onProgress: (bytes: number) => void
  private readonly onFailure: (error: Error) => void
  private items: Item[] = [] // not yet given to the socket as a whole
  private queuedBytes = 0 // of parts in memory that the socket was not given yet
  private givenBytes = 0 // that it has not written
  private onFile = false // a piece of a file is being read or written
  private closed = false

  constructor({ socket, pieces, metrics, onProgress, onFailure }: WriterOptions) {
    this.socket = socket
    this.pieces = pieces
    this.metrics = metrics
    this.onProgress = onProgress
    this.onFailure = onFailure
  }

  /** In memory, and not written. */
  get unwrittenBytes(): number {
    return this.queuedBytes + this.givenBytes
  }

  /** Whether everything that was added is written. */
  get idle(): boolean {
    return this.items.length === 0 && this.givenBytes === 0
  }

  /** Takes parts that must stay as they are until `written` is called, or the writer is closed. */
  add(parts: readonly Part[], written: () => void): void {
    for (const part of parts) {
      if (part instanceof Uint8Array) this.queuedBytes += part.byteLength
    }
    this.items.push({ parts, written, next: 0, offset: 0 })
  }

  /** Gives the socket what was added, as far as there is room. */
  flush(): void {
    if (this.closed || this.onFile) return
    const batch: Uint8Array[] = []
    let bytes = 0
    let whole = 0
    let slice: FileSlice | undefined
    for (const item of this.items) {
      while (item.next < item.parts.length && this.givenBytes + bytes < pieceBytes) {
        const part = item.parts[item.next] as Part
        if (!(part instanceof Uint8Array)) {
          slice = part
          break
        }
        const taken = part.subarray(item.offset, item.offset + pieceBytes)
        batch.push(taken)
        bytes += taken.byteLength
        advance(item, part, taken.byteLength)
      }
      if (item.next < item.parts.length) break
      whole += 1
    }
    const done = this.items.splice(0, whole)
    this.queuedBytes -= bytes
    this.write(batch, bytes, () => {
      for (const item of done) item.written()
    })
    if (slice !== undefined) this.sendPiece(this.items[0] as Item, slice)
  }

  /** Forgets what was not written. The socket must be closed: the system looks at nothing more. */
  close(): void {
    this.closed = true
    this.items = []
    this.queuedBytes = 0
  }

  private write(batch: readonly Uint8Array[], bytes: number, done: () => void): void {
    if (bytes === 0) {
      done()
      return
    }
    this.givenBytes += bytes
    const written = (error?: Error | null) => {
      this.givenBytes -= bytes
      if (error || this.closed) return // the socket says why, and is closed
      done()
      this.onProgress(bytes)
    }
    const chunks = this.joinSmall(batch)
    if (chunks.length > 1) this.socket.cork() // one writev for all of them
    for (let i = 0; i < chunks.length - 1; i++) this.socket.write(chunks[i] as Uint8Array)
    this.socket.write(chunks.at(-1) as Uint8Array, written)
    if (chunks.length > 1) this.socket.uncork()
  }

  /** Copies neighbours that are small into one: a writev of hundreds of them costs more. */
  private joinSmall(batch: readonly Uint8Array[]): readonly Uint8Array[] {
    if (batch.length < 2) return batch
    const chunks: Uint8Array[] = []
    let run: Uint8Array[] = []
    const endRun = () => {
      if (run.length > 1) {
        const joined = Buffer.concat(run)
        this.metrics.joinedBytes += joined.byteLength
        chunks.push(joined)
      } else if (run[0] !== undefined) chunks.push(run[0])
      run = []
    }
    for (const part of batch) {
      if (part.byteLength < smallBytes) run.push(part)
      else {
        endRun()
        chunks.push(part)
      }
    }
    endRun()
    return chunks
  }

  private sendPiece(item: Item, slice: FileSlice): void {
    this.onFile = true
    const piece = this.pieces.take()
    const into = piece.subarray(0, slice.byteLength - item.offset)
    const read = fileOf(slice).readLater(into, slice.position + item.offset)
    read.then(
      (count) => {
        if (!this.closed && count === into.byteLength) this.writePiece(item, slice, piece, into)
        else this.giveUp(piece, `a file has ${count} bytes of a range of ${into.byteLength}`)
      },
      (error: Error) => this.giveUp(piece, error.message, error),
    )
  }

  private writePiece(item: Item, slice: FileSlice, piece: Buffer, bytes: Buffer): void {
    this.givenBytes += bytes.byteLength
    this.socket.write(bytes, (error) => {
      this.givenBytes -= bytes.byteLength
      // After an error nothing is known of who still reads the buffer.
      this.pieces.giveBack(piece, !error)
      if (error || this.closed) return
      this.onFile = false
      advance(item, slice, bytes.byteLength)
      this.onProgress(bytes.byteLength)
    })
  }

  private giveUp(piece: Buffer, message: string, cause?: Error): void {
    this.pieces.giveBack(piece, true)
    if (!this.closed) this.onFailure(new Error(message, { cause }))
  }
}

type WriterOptions = {
  readonly socket: Socket
  readonly pieces: Pieces
  readonly metrics: Pick<NetMetrics, 'joinedBytes'>
  /** So many bytes are written, and there is room for more: whoever hears it flushes again. */
  readonly onProgress: (bytes: number) => void
  /** A file does not have what was announced: what follows on the socket cannot be right. */
  readonly onFailure: (error: Error) => void
}

function advance(item: Item, part: Part, bytes: number): void {
  item.offset += bytes
  if (item.offset < part.byteLength) return
  item.next += 1
  item.offset = 0
}

const smallBytes = 4 * 1024
