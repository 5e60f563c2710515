import type { MetadataRecord } from '../../../broker/metadata/records.ts'

/** What is to be appended, and what is answered once it is. */
export type Decision<T> = { readonly records: readonly MetadataRecord[]; readonly response: T }

export function withoutRecords<T>(response: T): Decision<T> {
  return { records: [], response }
}
