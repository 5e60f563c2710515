import type {
  AppendedBatch,
  AppendedTransactionEnd,
  DuplicateBatch,
} from '../../../broker/log/producer-batch.ts'

type Event = { batch: AppendedBatch } | { end: AppendedTransactionEnd }

/** The same as ProducerState, the slow way: it keeps all that was written and looks through it. */
export class ProducerModel {
  #written: Event[] = []
  readonly #completed: { firstOffset: number; lastOffset: number }[] = []
  highWatermark = 0

  check(batch: AppendedBatch): DuplicateBatch | string | undefined {
    const epoch = this.epoch(batch.producerId)
    const batches = this.#batchesOfEpoch(batch.producerId)
    const duplicate = batches.slice(-5).find((other) => sequencesOf(other) === sequencesOf(batch))
    if (duplicate !== undefined && epoch === batch.producerEpoch) {
      const { baseOffset, maxTimestamp: timestamp } = duplicate
      return { baseOffset, lastOffset: baseOffset + duplicate.lastOffsetDelta, timestamp }
    }
    if (epoch === undefined) return undefined
    if (batch.producerEpoch < epoch) return 'INVALID_PRODUCER_EPOCH'
    const last = batch.producerEpoch === epoch ? batches.at(-1) : undefined
    const next = last === undefined ? 0 : Number(sequencesOf(last).split(' ').at(-1)) + 1
    if (batch.baseSequence !== next % 2 ** 31) return 'OUT_OF_ORDER_SEQUENCE_NUMBER'
    if (this.open(batch.producerId) !== undefined && !batch.isTransactional) {
      return 'INVALID_TXN_STATE'
    }
    return undefined
  }

  checkEnd(
    { producerId, producerEpoch, coordinatorEpoch }: AppendedTransactionEnd,
    version: number,
  ) {
    const epoch = this.epoch(producerId) ?? -1
    const isOpen = this.open(producerId) !== undefined
    const smallest = version < 2 || !isOpen ? epoch : epoch + 1
    if (producerEpoch < smallest) return 'INVALID_PRODUCER_EPOCH'
    const ends = this.#of(producerId).flatMap((event) => ('end' in event ? [event.end] : []))
    const isFenced = coordinatorEpoch < (ends.at(-1)?.coordinatorEpoch ?? -1)
    return isFenced ? 'TRANSACTION_COORDINATOR_FENCED' : undefined
  }

  update(batch: AppendedBatch): void {
    this.#written.push({ batch })
  }

  end(end: AppendedTransactionEnd) {
    const firstOffset = this.open(end.producerId)
    this.#written.push({ end })
    if (firstOffset === undefined) return undefined
    const { producerId, offset: lastOffset } = end
    this.#completed.push({ firstOffset, lastOffset })
    const lastStableOffset = this.firstUndecidedOffset ?? lastOffset + 1
    return {
      producerId,
      firstOffset,
      lastOffset,
      lastStableOffset,
      isAborted: end.type === 'abort',
    }
  }

  expire(beforeMs: number): void {
    for (const producerId of this.producerIds) {
      const last = this.#of(producerId).at(-1) as Event
      const timestamp = 'batch' in last ? last.batch.maxTimestamp : last.end.timestamp
      if (timestamp > beforeMs || this.open(producerId) !== undefined) continue
      this.#written = this.#written.filter((event) => idOf(event) !== producerId)
    }
  }

  get producerIds(): number[] {
    return [...new Set(this.#written.map(idOf))].sort((a, b) => a - b)
  }

  get firstUndecidedOffset(): number | undefined {
    return smallest(this.producerIds.map((producerId) => this.open(producerId)))
  }

  get firstUnstableOffset(): number | undefined {
    const waiting = this.#completed.filter(({ lastOffset }) => lastOffset >= this.highWatermark)
    return smallest([this.firstUndecidedOffset, ...waiting.map(({ firstOffset }) => firstOffset)])
  }

  epoch(producerId: number): number | undefined {
    const last = this.#of(producerId).at(-1)
    return last === undefined ? undefined : epochOf(last)
  }

  open(producerId: number): number | undefined {
    const events = this.#of(producerId)
    const since = events.slice(events.findLastIndex((event) => 'end' in event) + 1)
    const first = since.find((event) => 'batch' in event && event.batch.isTransactional)
    return first !== undefined && 'batch' in first ? first.batch.baseOffset : undefined
  }

  #batchesOfEpoch(producerId: number): AppendedBatch[] {
    const events = this.#of(producerId)
    const epoch = this.epoch(producerId)
    const since = events.slice(events.findLastIndex((event) => epochOf(event) !== epoch) + 1)
    return since.flatMap((event) => ('batch' in event ? [event.batch] : []))
  }

  #of(producerId: number): Event[] {
    return this.#written.filter((event) => idOf(event) === producerId)
  }
}

function idOf(event: Event): number {
  return 'batch' in event ? event.batch.producerId : event.end.producerId
}

function epochOf(event: Event): number {
  return 'batch' in event ? event.batch.producerEpoch : event.end.producerEpoch
}

/** The first and the last one, counted one by one. */
function sequencesOf({ baseSequence, lastOffsetDelta }: AppendedBatch): string {
  let last = baseSequence
  for (let i = 0; i < lastOffsetDelta; i++) last = last === 2 ** 31 - 1 ? 0 : last + 1
  return `${baseSequence} ${last}`
}

function smallest(offsets: (number | undefined)[]): number | undefined {
  const known = offsets.filter((offset) => offset !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}
