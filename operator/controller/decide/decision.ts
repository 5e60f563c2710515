import type { MetadataRecord } from '../../../broker/metadata/records.ts'

/**
 * What is decided of a request: records to append, and what is answered once they are in the log.
 * Whoever decides does so against the pending image, which has all that was decided before.
 */
export type Decision<T> = {
  readonly records: readonly MetadataRecord[]
  readonly response: T
}
