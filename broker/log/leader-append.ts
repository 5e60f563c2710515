import { KafkaError } from '../protocol/errors.ts'
import { maxTimestampOf, nextOffsetOf, producerIdOf } from '../protocol/records/header.ts'
import { placeBatch, stampLogAppendTime } from '../protocol/records/patch.ts'
import { validateProducedBatch } from '../protocol/records/validate.ts'
import { appendedBatchOf } from './log-state.ts'
import type { PartitionLog } from './partition-log.ts'
import { checkProducedRecords } from './produced-records.ts'
import {
  type AppendedBatch,
  isNextSequence,
  lastSequenceOf,
  type SequencedBatch,
} from './producer-batch.ts'

/** What a producer is answered for its batch, once the high watermark has got to `nextOffset`. */
export type Appended = {
  readonly baseOffset: number
  /** Exclusive. The batch may still wait to be written: see `PartitionLog.append`. */
  readonly nextOffset: number
  /** -1 where the records keep the times that the producer gave them, and the batch is no duplicate. */
  readonly logAppendTimeMs: number
  /** It was in the log already. */
  readonly isDuplicate: boolean
}

/** One batch may be refused while those beside it are appended. */
export type AppendResult = Appended | { readonly error: KafkaError }

/**
 * Appends what producers sent to the log of a partition of which this broker is the leader: each
 * batch is checked, gets its offsets and the leader's epoch in place, and is written as it came.
 *
 * @param batches Of one or several requests, in the order in which they came.
 * @throws {StorageError} If the log is offline, or now goes offline: then of no batch is it known
 *   whether it is in the log.
 */
export function appendAsLeader(
  log: PartitionLog,
  batches: readonly Uint8Array[],
  { leaderEpoch, nowMs }: { leaderEpoch: number; nowMs: number },
): AppendResult[] {
  let placed: Uint8Array[] = []
  let { nextOffset } = log
  /** The last batch of each producer that is placed and not yet written. */
  const waiting = new Map<number, SequencedBatch>()
  const results = batches.map((batch): AppendResult => {
    const producerId = producerIdOf(batch, 0)
    try {
      check(log, batch, nowMs)
      if (producerId < 0) return place(batch)
      const own = appendedBatchOf(batch, 0)
      const before = waiting.get(producerId)
      if (before === undefined || !continues(before, own)) {
        // What a producer sent before has to be known before the next of it can be checked.
        if (before !== undefined) write()
        const duplicate = findDuplicate(log, own)
        if (duplicate !== undefined) return duplicate
      }
      waiting.set(producerId, own)
    } catch (error) {
      if (error instanceof KafkaError) return { error }
      throw error
    }
    return place(batch)
  })
  write()
  return results

  function place(batch: Uint8Array): Appended {
    const baseOffset = nextOffset
    placeBatch(batch, 0, { baseOffset, partitionLeaderEpoch: leaderEpoch })
    const stamped = log.config.messageTimestampType === 'LogAppendTime'
    if (stamped) stampLogAppendTime(batch, 0, { logAppendTimeMs: nowMs })
    placed.push(batch)
    nextOffset = nextOffsetOf(batch, 0)
    const logAppendTimeMs = stamped ? maxTimestampOf(batch, 0) : -1
    return { baseOffset, nextOffset, logAppendTimeMs, isDuplicate: false }
  }

  function write(): void {
    if (placed.length > 0) log.append(placed, nowMs)
    placed = []
    waiting.clear()
  }
}

/**
 * Whether a batch is the next one of a producer behind one that is not written yet: as most are
 * that come together, and then there is nothing to ask the log.
 */
function continues(before: SequencedBatch, batch: SequencedBatch): boolean {
  return (
    batch.producerEpoch === before.producerEpoch &&
    batch.isTransactional === before.isTransactional &&
    isNextSequence(batch.baseSequence, lastSequenceOf(before))
  )
}

function check({ config }: PartitionLog, batch: Uint8Array, nowMs: number): void {
  const { maxMessageBytes } = config
  if (batch.byteLength > maxMessageBytes) {
    const size = `${batch.byteLength} bytes, max.message.bytes is ${maxMessageBytes}`
    throw new KafkaError('MESSAGE_TOO_LARGE', `a batch of ${size}`)
  }
  validateProducedBatch(batch)
  checkProducedRecords(batch, { config, nowMs })
}

function findDuplicate(log: PartitionLog, batch: AppendedBatch): Appended | undefined {
  const known = log.known?.producers.check(batch, { origin: 'client' })
  if (known === undefined) return undefined
  // Its own latest time, as from Kafka, whoever gave it.
  const { baseOffset, lastOffset, timestamp: logAppendTimeMs } = known
  return { baseOffset, nextOffset: lastOffset + 1, logAppendTimeMs, isDuplicate: true }
}
