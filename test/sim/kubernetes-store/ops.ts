import type { MetadataBatch } from '../../../broker/metadata/batch.ts'
import { type MetadataRecord, metadataRecord } from '../../../broker/metadata/records.ts'

/** What one append of a controller is for; it must be in the log once, whole, in its own epoch. */
export type Op = { readonly name: string; readonly records: readonly MetadataRecord[] }

/** @param bytes About so large. */
export function newOp(
  incarnationId: string,
  { count, minRecords, bytes }: { count: number; minRecords: number; bytes: number },
): Op {
  const name = `${incarnationId} ${count}`
  const records = Math.max(minRecords, Math.ceil(bytes / 30_000)) // a string of Kafka's is 32 KB
  const filler = '.'.repeat(Math.floor(bytes / records))
  return {
    name,
    records: Array.from({ length: records }, (_, index) =>
      metadataRecord('ConfigRecord', {
        resourceType: 2,
        resourceName: `t${(count + index) % 24}`,
        name: 'retention.ms',
        value: `${name} ${records} ${filler}`,
      }),
    ),
  }
}

export function opOf({ records }: MetadataBatch) {
  const values = records.flatMap((record) => (record.type === 'ConfigRecord' ? [record.value] : []))
  const [incarnationId, count, size] = values[0]?.split(' ') ?? []
  if (incarnationId === undefined) return undefined
  return {
    name: `${incarnationId} ${count}`,
    incarnationId,
    isWhole: values.length === Number(size),
  }
}
