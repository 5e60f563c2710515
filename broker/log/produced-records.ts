import { KafkaError } from '../protocol/errors.ts'
import { maxTimestampOf } from '../protocol/records/header.ts'
import { RecordCursor } from '../protocol/records/record-cursor.ts'
import { type LogConfig, never } from './log-config.ts'

/** Which records of a batch are the reason why none of it is appended. */
export class RefusedRecords extends KafkaError {
  /** By their places in the batch, rising. */
  readonly records: readonly { readonly index: number; readonly reason: string }[]

  constructor(code: KafkaError['code'], message: string, records: RefusedRecords['records']) {
    super(code, message)
    this.records = records
  }
}

/**
 * Holds the records of a batch against the settings of its topic, as Kafka's LogValidator does. They are
 * looked into only where they must be: a compacted topic takes none without a key, and one with
 * `message.timestamp.before.max.ms` none that is too old. For what lies ahead the header tells enough.
 *
 * @param batch Has passed `validateProducedBatch`.
 * @throws {RefusedRecords} INVALID_RECORD for a key that is missing, INVALID_TIMESTAMP.
 * @throws {KafkaError} As `RecordCursor` does.
 */
export function checkProducedRecords(
  batch: Uint8Array,
  { config, nowMs }: { config: LogConfig; nowMs: number },
): void {
  const { isCompacted, messageTimestampType, timestampBeforeMaxMs, timestampAfterMaxMs } = config
  const checksTimes = messageTimestampType === 'CreateTime'
  const latestMs = checksTimes ? nowMs + timestampAfterMaxMs : never
  const earliestMs =
    checksTimes && timestampBeforeMaxMs !== never ? nowMs - timestampBeforeMaxMs : noTimestamp
  const isInTime = maxTimestampOf(batch, 0) <= latestMs && earliestMs === noTimestamp
  if (isInTime && !isCompacted) return

  const refused: { index: number; reason: string }[] = []
  let code: KafkaError['code'] = 'INVALID_RECORD'
  const cursor = new RecordCursor(batch, 0, { remainingBytes: maxDecompressedBytes })
  for (let index = 0; cursor.next(); index++) {
    const { timestamp } = cursor
    if (isCompacted && !cursor.hasKey) {
      refused.push({ index, reason: 'a compacted topic takes no record without a key' })
    } else if (timestamp !== noTimestamp && (timestamp > latestMs || timestamp < earliestMs)) {
      code = 'INVALID_TIMESTAMP'
      refused.push({ index, reason: `timestamp ${timestamp} is too far from now` })
    }
  }
  const [first] = refused
  if (first !== undefined) throw new RefusedRecords(code, first.reason, refused)
}

/** A record that does not say when it was made. */
const noTimestamp = -1

/** As much as is taken when offsets are looked for by time. */
const maxDecompressedBytes = 256 * 1024 * 1024
