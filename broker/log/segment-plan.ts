import { maxTimestampOf } from '../protocol/records/header.ts'
import type { Fillable } from './roll.ts'
import type { Segment } from './segment.ts'

/**
 * The last segment of a log as it will be once all is written that waits: which batch begins the
 * next one is decided when it is appended, not when the disk gets to it.
 */
export class SegmentPlan implements Fillable {
  readonly baseOffset: number
  /** Undefined until it is begun. */
  segment: Segment | undefined
  private waitingBytes = 0
  private firstWaiting: number | undefined

  constructor(baseOffset: number, segment?: Segment) {
    this.baseOffset = baseOffset
    this.segment = segment
  }

  get sizeBytes(): number {
    return (this.segment?.sizeBytes ?? 0) + this.waitingBytes
  }

  get indexEntries(): number {
    return this.segment?.indexEntries ?? 0
  }

  get firstTimestamp(): number | undefined {
    const isBegun = this.segment !== undefined && this.segment.sizeBytes > 0
    return isBegun ? this.segment?.firstTimestamp : this.firstWaiting
  }

  /** Is told of batches that wait. */
  add(batches: readonly Uint8Array[]): void {
    if (this.sizeBytes === 0 && batches[0] !== undefined) {
      const timestamp = maxTimestampOf(batches[0], 0)
      this.firstWaiting = timestamp < 0 ? undefined : timestamp
    }
    this.waitingBytes += sizeOf(batches)
  }

  /** Is told that they were written. */
  take(batches: readonly Uint8Array[]): void {
    this.waitingBytes -= sizeOf(batches)
  }
}

function sizeOf(batches: readonly Uint8Array[]): number {
  return batches.reduce((sum, { byteLength }) => sum + byteLength, 0)
}
