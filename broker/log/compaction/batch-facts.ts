import { readEndTransactionMarker } from '../../protocol/records/control.ts'
import {
  isTransactional,
  nextOffsetOf,
  producerIdOf,
  recordsCountOf,
} from '../../protocol/records/header.ts'
import type { DataBatch, Marker } from './cleaned-transactions.ts'

/** What of a batch with records counts for transactions. */
export function dataBatchOf(bytes: Uint8Array, start: number): DataBatch {
  return {
    producerId: producerIdOf(bytes, start),
    lastOffset: nextOffsetOf(bytes, start) - 1,
    isTransactional: isTransactional(bytes, start),
  }
}

/** The same of a control batch. */
export function markerOf(bytes: Uint8Array, start: number): Marker {
  const isEmptied = recordsCountOf(bytes, start) === 0
  return {
    producerId: producerIdOf(bytes, start),
    lastOffset: nextOffsetOf(bytes, start) - 1,
    type: isEmptied ? 'emptied' : readEndTransactionMarker(bytes, start)?.type,
  }
}
