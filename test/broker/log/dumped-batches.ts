import type { AbortedTransaction } from '../../../broker/log/transaction-index.ts'
import { type BatchInput, buildBatch } from '../../../broker/protocol/records/build.ts'
import { buildEndTransactionMarker } from '../../../broker/protocol/records/control.ts'
import { placeBatch } from '../../../broker/protocol/records/patch.ts'

/** Batches of one log, with what DumpLogSegments has to print of them. */
export class DumpedBatches {
  readonly batches: Uint8Array[] = []
  /** How the line of each batch begins. */
  readonly batchLines: string[] = []
  readonly recordLines: string[] = []
  readonly offsets: number[] = []
  readonly aborted: AbortedTransaction[] = []
  readonly openTransactions = new Map<number, number>()
  private readonly sequences = new Map<number, number>()
  private end = 0

  /** Adds records of every kind, whose timestamps do not always rise. */
  add(count: number, producer: Producer = {}): this {
    const numbers = Array.from({ length: count }, (_, index) => this.end + index)
    return this.addRecords(
      numbers.map((number) => ({ ...sampleRecord(number) })),
      producer,
    )
  }

  /** Adds what compaction leaves of a batch: some of its records, or none. */
  addCompacted(offsetDeltas: readonly number[], lastOffsetDelta: number, producer: Producer): this {
    const baseOffset = this.end
    const records = offsetDeltas.map((delta) => ({
      ...sampleRecord(baseOffset + delta),
      offset: baseOffset + delta,
    }))
    return this.addRecords(records, { ...producer, lastOffsetDelta, maxTimestamp: 1_000 })
  }

  /** Ends the transaction of a producer. */
  addMarker(type: 'commit' | 'abort', producerId: number): this {
    const marker = { type, coordinatorEpoch: 12, producerId, producerEpoch: 0 }
    const offset = this.end
    const timestamp = timestampOf(offset)
    const bytes = buildEndTransactionMarker({ ...marker, timestamp })
    const place = `offset: ${offset} CreateTime: ${timestamp} keySize: 4 valueSize: 6 sequence: -1`
    const control = `endTxnMarker: ${type.toUpperCase()} coordinatorEpoch: 12`
    this.recordLines.push(`| ${place} headerKeys: [] ${control}`)
    this.take(bytes, { offsets: [offset], last: offset }, [
      `count: 1 baseSequence: -1 lastSequence: -1 producerId: ${producerId} producerEpoch: 0`,
      `partitionLeaderEpoch: ${leaderEpoch} isTransactional: true isControl: true`,
      'deleteHorizonMs: OptionalLong.empty',
    ])
    const firstOffset = this.openTransactions.get(producerId) ?? 0
    this.openTransactions.delete(producerId)
    const lastStableOffset = Math.min(offset + 1, ...this.openTransactions.values())
    if (type === 'abort') {
      this.aborted.push({ producerId, firstOffset, lastOffset: offset, lastStableOffset })
    }
    return this
  }

  private addRecords(records: readonly SampleRecord[], producer: Producer): this {
    const baseOffset = this.end
    const {
      producerId = -1,
      isTransactional = false,
      lastOffsetDelta = records.length - 1,
    } = producer
    const { deleteHorizonMs, logAppendTimeMs } = producer
    const baseSequence = producerId < 0 ? -1 : (this.sequences.get(producerId) ?? 0)
    const lastSequence = producerId < 0 ? -1 : baseSequence + lastOffsetDelta
    if (producerId >= 0) this.sequences.set(producerId, lastSequence + 1)
    if (isTransactional && !this.openTransactions.has(producerId)) {
      this.openTransactions.set(producerId, baseOffset)
    }
    const producerEpoch = producerId < 0 ? -1 : 0
    const input = { ...producer, baseOffset, producerId, producerEpoch, baseSequence }
    const offsets = records.map(({ offset }, index) => offset ?? baseOffset + index)
    for (const [index, record] of records.entries()) {
      const offset = offsets[index] as number
      const sequence = producerId < 0 ? -1 : baseSequence + offset - baseOffset
      this.recordLines.push(recordLine(record, { offset, sequence, logAppendTimeMs }))
    }
    const last = baseOffset + lastOffsetDelta
    const horizon = deleteHorizonMs === undefined ? '.empty' : `[${deleteHorizonMs}]`
    return this.take(buildBatch({ records, ...input }), { offsets, last }, [
      `count: ${records.length} baseSequence: ${baseSequence} lastSequence: ${lastSequence}`,
      `producerId: ${producerId} producerEpoch: ${producerEpoch}`,
      `partitionLeaderEpoch: ${leaderEpoch} isTransactional: ${isTransactional}`,
      `isControl: false deleteHorizonMs: OptionalLong${horizon}`,
    ])
  }

  private take(
    bytes: Uint8Array,
    { offsets, last }: { offsets: readonly number[]; last: number },
    words: readonly string[],
  ): this {
    placeBatch(bytes, 0, { baseOffset: this.end, partitionLeaderEpoch: leaderEpoch })
    this.batchLines.push([`baseOffset: ${this.end} lastOffset: ${last}`, ...words].join(' '))
    this.batches.push(bytes)
    this.offsets.push(...offsets)
    this.end = last + 1
    return this
  }
}

type Producer = Pick<
  BatchInput,
  | 'compression'
  | 'producerId'
  | 'isTransactional'
  | 'lastOffsetDelta'
  | 'maxTimestamp'
  | 'deleteHorizonMs'
  | 'logAppendTimeMs'
>

type SampleRecord = BatchInput['records'][number]

const leaderEpoch = 3

function sampleRecord(number: number): SampleRecord {
  return {
    timestamp: timestampOf(number),
    key: number % 5 === 0 ? null : Buffer.from(`key-${number}`),
    value: number % 7 === 6 ? null : Buffer.from(`value-${number}-`.repeat(1 + (number % 4))),
    headers:
      number % 6 === 2
        ? [
            { key: Buffer.from('a'), value: Buffer.from('one') },
            { key: Buffer.from('b'), value: null },
          ]
        : [],
  }
}

function timestampOf(number: number): number {
  return 1_700_000_000_000 + number * 10 - (number % 9 === 4 ? 300 : 0)
}

function recordLine(
  { timestamp, key, value, headers = [] }: SampleRecord,
  {
    offset,
    sequence,
    logAppendTimeMs,
  }: { offset: number; sequence: number; logAppendTimeMs: number | undefined },
): string {
  const time =
    logAppendTimeMs === undefined ? `CreateTime: ${timestamp}` : `LogAppendTime: ${logAppendTimeMs}`
  const keys = headers.map((header) => Buffer.from(header.key).toString()).join(',')
  return [
    `| offset: ${offset} ${time} keySize: ${key?.length ?? -1}`,
    `valueSize: ${value?.length ?? -1} sequence: ${sequence} headerKeys: [${keys}]`,
    ...(key === null ? [] : [`key: ${Buffer.from(key).toString()}`]),
    ...(value === null ? [] : [`payload: ${Buffer.from(value).toString()}`]),
  ].join(' ')
}
