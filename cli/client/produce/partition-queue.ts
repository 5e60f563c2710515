import type { RecordInput } from '../../../broker/protocol/records/write-record.ts'
import { invariant } from '../../../lib/invariant.ts'

export type Batch = {
  readonly records: RecordInput[]
  /** About as many as it takes on the wire, before compression. */
  sizeBytes: number
  readonly begunMs: number
  /** Nothing may be added: it was sent, or is full. */
  isSealed: boolean
}

/**
 * What is to be sent to one partition, in order. Only the first batch is ever under way, so its
 * sequence number follows from those that were delivered, however often it is sent.
 */
export class PartitionQueue {
  readonly partition: number
  /** Until the cluster was asked for leaders again, it is of no use to send anything. */
  isHeld = false
  /** The first batch was sent, and is not answered: whoever leads by now, nothing else may go. */
  isUnderWay = false
  /** That of the first record that is not delivered. */
  sequence = 0
  private batches: Batch[] = []

  constructor(partition: number) {
    this.partition = partition
  }

  get first(): Batch | undefined {
    return this.batches[0]
  }

  /** Whether the batch that was begun takes the record. */
  fits(record: RecordInput): boolean {
    const last = this.batches.at(-1)
    if (last === undefined || last.isSealed) return false
    return last.sizeBytes + sizeOf(record) <= batchSizeBytes
  }

  add(record: RecordInput, nowMs: number): void {
    const sizeBytes = sizeOf(record)
    const last = this.batches.at(-1)
    if (last !== undefined && this.fits(record)) {
      last.records.push(record)
      last.sizeBytes += sizeBytes
      return
    }
    if (last !== undefined) last.isSealed = true
    this.batches.push({ records: [record], sizeBytes, begunMs: nowMs, isSealed: false })
  }

  /** Whether the first batch is to be sent: it is full, or has waited for more for long enough. */
  isDue(nowMs: number): boolean {
    const { first } = this
    if (first === undefined || this.isHeld || this.isUnderWay) return false
    return first.isSealed || first.sizeBytes >= batchSizeBytes || nowMs - first.begunMs >= lingerMs
  }

  /** Whether there is nothing but time that the first batch waits for. */
  isLingering(nowMs: number): boolean {
    const isFree = this.first !== undefined && !this.isHeld && !this.isUnderWay
    return isFree && !this.isDue(nowMs)
  }

  /** The first batch, to be sent. */
  seal(): Batch {
    const { first } = this
    invariant(first !== undefined, 'there is something to send')
    first.isSealed = true
    return first
  }

  /** Takes out the first batch, which is delivered. */
  shift(): Batch {
    const batch = this.batches.shift()
    invariant(batch !== undefined, 'what was sent is still there')
    this.sequence = (this.sequence + batch.records.length) % 2 ** 31
    return batch
  }

  /** Makes two of the first batch, which was too large for the topic. @returns False of one record. */
  split(): boolean {
    const { first } = this
    if (first === undefined || first.records.length === 1) return false
    const middle = first.records.length >>> 1
    const halves = [first.records.slice(0, middle), first.records.slice(middle)].map((records) => {
      const sizeBytes = records.reduce((sum, record) => sum + sizeOf(record), 0)
      return { ...first, records, sizeBytes }
    })
    this.batches.splice(0, 1, ...halves)
    return true
  }
}

/** Of a record in a batch, with room for its lengths and deltas. */
export function sizeOf({ key, value, headers = [] }: RecordInput): number {
  let size = overheadBytes + (key?.length ?? 0) + (value?.length ?? 0)
  for (const header of headers) size += header.key.length + (header.value?.length ?? 0) + 4
  return size
}

const overheadBytes = 24
const batchSizeBytes = 64 * 1_024 // batch.size is 16 KB in Kafka, for producers of many topics
export const lingerMs = 5 // linger.ms
