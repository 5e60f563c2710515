import type { RecordHeader } from '../../broker/protocol/records/record.ts'
import type { ConsumedRecord } from '../client/consume/fetched-records.ts'

/** What is printed before the value of a record, and what between them. */
export type Layout = {
  readonly separator: Uint8Array
  readonly timestamp: boolean
  readonly partition: boolean
  readonly offset: boolean
  readonly headers: boolean
  readonly key: boolean
}

/**
 * Records as lines, in the words of kafka-console-consumer. Keys, values and headers are the bytes
 * that they are, whatever those mean.
 */
export function linesOf(
  partition: number,
  records: readonly ConsumedRecord[],
  layout: Layout,
): Uint8Array {
  const parts: Uint8Array[] = []
  for (const record of records) {
    for (const column of columnsOf(partition, record, layout)) parts.push(column, layout.separator)
    parts.push(record.value ?? nothing, lineEnd)
  }
  return Buffer.concat(parts)
}

function columnsOf(partition: number, record: ConsumedRecord, layout: Layout): Uint8Array[] {
  const columns: Uint8Array[] = []
  if (layout.timestamp) columns.push(Buffer.from(timestampText(record)))
  if (layout.partition) columns.push(Buffer.from(`Partition:${partition}`))
  if (layout.offset) columns.push(Buffer.from(`Offset:${record.offset}`))
  if (layout.headers) columns.push(headersText(record.headers))
  if (layout.key) columns.push(record.key ?? nothing)
  return columns
}

function timestampText({ timestamp, timestampType }: ConsumedRecord): string {
  return timestamp < 0 ? 'NO_TIMESTAMP' : `${timestampType}:${timestamp}`
}

function headersText(headers: readonly RecordHeader[]): Uint8Array {
  if (headers.length === 0) return Buffer.from('NO_HEADERS')
  const parts = headers.flatMap(({ key, value }, index) => {
    const pair = [key, Buffer.from(':'), value ?? nothing]
    return index === 0 ? pair : [Buffer.from(','), ...pair]
  })
  return Buffer.concat(parts)
}

const lineEnd = Buffer.from('\n')
const nothing = Buffer.from('null')
