import type { AbortedTransaction } from '../transaction-index.ts'
import type { OffsetMap } from './offset-map.ts'
import type { Pacer } from './pacer.ts'

/** What the steps of one cleaning share. */
export type CleaningContext = {
  readonly map: OffsetMap
  /** What is read goes through it; a batch that is larger gets its own. */
  readonly buffer: Uint8Array
  readonly pacer: Pacer
  readonly stats: CleaningStats
  /** Of one batch. */
  readonly maxDecompressedBytes: number
  readonly abortedIn: (fromOffset: number, endOffset: number) => readonly AbortedTransaction[]
}

export type CleaningStats = {
  bytesMapped: number
  keysMapped: number
  bytesRead: number
  bytesWritten: number
  recordsRead: number
  recordsKept: number
  segmentsRemoved: number
  segmentsAdded: number
}

export function noStats(): CleaningStats {
  return {
    bytesMapped: 0,
    keysMapped: 0,
    bytesRead: 0,
    bytesWritten: 0,
    recordsRead: 0,
    recordsKept: 0,
    segmentsRemoved: 0,
    segmentsAdded: 0,
  }
}
