import { Violation } from '../core/failure.ts'
import type { DataTopic } from './data-topics.ts'
import type { ReplicaDisk, Stored } from './replica-disk.ts'

/** Sees all disks of one partition and what clients were told, from outside. */
export class DataObserver {
  readonly topic: DataTopic
  /** By epoch and offset, for ever. */
  readonly #named = new Map<number, string>()
  #committed: Stored[] = []
  readonly #acknowledged = new Set<string>()
  /** By producer, the sequence number that was committed last. */
  readonly #sequences = new Map<number, number>()
  #acknowledgements = 0
  #lostInEpoch = -1

  constructor(topic: DataTopic) {
    this.topic = topic
  }

  /** How many there were. */
  get acknowledgements(): number {
    return this.#acknowledgements
  }

  /** Whether all who had something lost it with their power, before they had flushed it. */
  get hasLost(): boolean {
    return this.#lostInEpoch >= 0
  }

  /** The leader epoch that began with the last unclean election; -1: there was none. */
  get lostInEpoch(): number {
    return this.#lostInEpoch
  }

  /** What somebody who led said is committed, from offset 0 on. */
  get committedRecords(): readonly Stored[] {
    return this.#committed
  }

  /** Known to the client that it is kept. */
  acknowledge(value: string): void {
    this.#acknowledged.add(value)
    this.#acknowledgements++
  }

  /** @throws {Violation} */
  written({ records }: ReplicaDisk): void {
    // What was there before was looked at before.
    for (let offset = Math.max(0, records.length - 20); offset < records.length; offset++) {
      const { epoch, value } = records[offset] as Stored
      const key = epoch * 2 ** 24 + offset
      const known = this.#named.get(key)
      if (known === undefined) this.#named.set(key, value)
      else if (known !== value) {
        this.#fail('OffsetNamesTwo', `epoch ${epoch}, offset ${offset}: ${known}, ${value}`)
      }
    }
  }

  /** @throws {Violation} */
  committed({ records }: ReplicaDisk, highWatermark: number): void {
    for (let offset = this.#committed.length; offset < highWatermark; offset++) {
      const record = records[offset]
      if (record === undefined) this.#fail('CommittedDiffers', `nothing at offset ${offset}`)
      else this.#commit(record)
    }
    const last = highWatermark - 1
    if (last >= 0 && records[last]?.value !== this.#committed[last]?.value) {
      const words = `${this.#committed[last]?.value} and ${records[last]?.value}`
      this.#fail('CommittedDiffers', `offset ${last}: ${words}`)
    }
  }

  /** Who is in sync or eligible has all that is committed. @throws {Violation} */
  isHadBy(brokerId: number, { records, flushedEnd }: ReplicaDisk): void {
    const last = this.#committed.length - 1
    if (last < 0) return
    const isThere = records[last]?.value === this.#committed[last]?.value
    const isKept = !this.topic.flushesAlways || flushedEnd > last
    if (isThere && isKept) return
    this.#fail(
      'MemberLacks',
      `broker ${brokerId} ends at ${records.length} (${flushedEnd}), not ${last}`,
    )
  }

  /** Somebody begins to lead. @throws {Violation} It lacks what somebody was told is kept. */
  leads(host: string, { records }: ReplicaDisk): void {
    const lost = this.#lackedBy(valuesOf(records))
    if (lost.length > 0) {
      this.#fail('AcknowledgedLost', `${host} leads, and lacks ${lost.slice(0, 3).join(', ')}`)
    }
  }

  /**
   * Somebody is elected though it may lack something. What any of the last members still has must not be
   * lost by that; nor anything at all where it was flushed before it counted.
   *
   * @throws {Violation}
   */
  electedUncleanly(
    { records }: ReplicaDisk,
    lastMembers: readonly ReplicaDisk[],
    leaderEpoch: number,
  ): void {
    const lost = this.#lackedBy(valuesOf(records))
    const isElsewhere = (value: string) =>
      lastMembers.some((own) => valuesOf(own.records).has(value))
    const needless = lost.find((value) => this.topic.flushesAlways || isElsewhere(value))
    if (needless !== undefined) this.#fail('AcknowledgedLost', `unclean election: ${needless}`)
    this.#lostInEpoch = leaderEpoch
    for (const value of lost) this.#acknowledged.delete(value)
    const same = this.#committed.findIndex(({ value }, at) => records[at]?.value !== value)
    const kept = same === -1 ? this.#committed : this.#committed.slice(0, same)
    this.#committed = []
    this.#sequences.clear()
    for (const record of kept) this.#commit(record)
  }

  /** Something that was acknowledged, and that one of these does not have. */
  missingOn(disks: readonly ReplicaDisk[]): string | undefined {
    return disks.flatMap(({ records }) => this.#lackedBy(valuesOf(records)))[0]
  }

  /** @throws {Violation} */
  setsAside(why: string): void {
    if (!this.hasLost) this.#fail('SetAside', why)
  }

  /** At the end all disks have what was committed. @throws {Violation} */
  atTheEnd(disks: readonly ReplicaDisk[]): void {
    for (const [at, { value }] of this.#committed.entries()) {
      const lacks = disks.find(({ records }) => records[at]?.value !== value)
      if (lacks !== undefined) this.#fail('CommittedDiffers', `at the end, offset ${at}: ${value}`)
    }
  }

  #lackedBy(there: ReadonlySet<string>): string[] {
    return [...this.#acknowledged].filter((value) => !there.has(value))
  }

  #commit(record: Stored): void {
    this.#committed.push(record)
    const { producerId, sequence } = record
    if (producerId < 0) return
    const last = this.#sequences.get(producerId) ?? -1
    // Of whom nothing is left, nobody knows where it was.
    const isForgotten = last === -1 && this.hasLost
    if (sequence !== last + 1 && !isForgotten) {
      this.#fail('SequenceBroken', `producer ${producerId}: ${sequence} after ${last}`)
    }
    this.#sequences.set(producerId, sequence)
  }

  #fail(invariant: string, detail: string): never {
    throw new Violation(invariant, `${this.topic.name}: ${detail}`)
  }
}

function valuesOf(records: readonly Stored[]): Set<string> {
  return new Set(records.map(({ value }) => value))
}
