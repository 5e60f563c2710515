import { invariant } from '../../../lib/invariant.ts'
import type { Part, RecordsInput } from '../schema/fields.ts'

/**
 * Where a message is written: one buffer of the size that was found before, cut into parts where
 * record batches come in between.
 */
export class Sink {
  bytes: Buffer = none
  view: DataView = noView
  position = 0
  /** What the sizer found of record batches; they are not written into `bytes`. */
  recordsBytes = 0
  private readonly parts: Part[] = []
  private partStart = 0
  /** Sizes of tagged fields: the sizer leaves them, the writer takes them in the same order. */
  private readonly sizes: number[] = []
  private taken = 0

  allocate(sizeBytes: number): void {
    this.bytes = Buffer.allocUnsafe(sizeBytes)
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, sizeBytes)
  }

  /** Puts record batches behind what has been written so far. */
  addRecords(records: RecordsInput): void {
    this.closePart()
    if (records instanceof Uint8Array) this.parts.push(records)
    else this.parts.push(...records)
  }

  /** @returns All parts. The writer must have filled exactly what the sizer found. */
  finish(): Part[] {
    invariant(this.position === this.bytes.length, 'a message takes the bytes that were counted')
    this.closePart()
    return this.parts
  }

  reserveSize(): number {
    return this.sizes.push(0) - 1
  }

  setSize(slot: number, sizeBytes: number): void {
    this.sizes[slot] = sizeBytes
  }

  takeSize(): number {
    return this.sizes[this.taken++] as number
  }

  private closePart(): void {
    if (this.position === this.partStart) return
    this.parts.push(this.bytes.subarray(this.partStart, this.position))
    this.partStart = this.position
  }
}

const none = Buffer.alloc(0)
const noView = new DataView(new ArrayBuffer(0))
