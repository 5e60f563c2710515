import { Violation } from '../core/failure.ts'
import type { ReplicaDisk, Stored } from './replica-disk.ts'

/** Sees all disks of one partition and what clients were told, from outside. */
export class DataObserver {
  readonly #topic: string
  /** By epoch and offset, for ever. */
  readonly #named = new Map<number, string>()
  /** What somebody who led said is committed. */
  #committed: Stored[] = []
  readonly #acknowledged = new Set<string>()
  /** By producer, the sequence number that was committed last. */
  readonly #sequences = new Map<number, number>()
  #acknowledgements = 0

  constructor(topic: string) {
    this.#topic = topic
  }

  /** How many there were. */
  get acknowledgements(): number {
    return this.#acknowledgements
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

  /** Somebody begins to lead. @throws {Violation} It lacks what somebody was told is kept. */
  leads(host: string, { records }: ReplicaDisk): void {
    const there = valuesOf(records)
    const lost = [...this.#acknowledged].filter((value) => !there.has(value))
    if (lost.length > 0) {
      this.#fail('AcknowledgedLost', `${host} leads, and lacks ${lost.slice(0, 3).join(', ')}`)
    }
  }

  /** At the end all disks have what was committed. @throws {Violation} */
  atTheEnd(disks: readonly ReplicaDisk[]): void {
    for (const [at, { value }] of this.#committed.entries()) {
      const lacks = disks.find(({ records }) => records[at]?.value !== value)
      if (lacks !== undefined) this.#fail('CommittedDiffers', `at the end, offset ${at}: ${value}`)
    }
  }

  #commit(record: Stored): void {
    this.#committed.push(record)
    const { producerId, sequence } = record
    if (producerId < 0) return
    const last = this.#sequences.get(producerId) ?? -1
    if (sequence !== last + 1) {
      this.#fail('SequenceBroken', `producer ${producerId}: ${sequence} after ${last}`)
    }
    this.#sequences.set(producerId, sequence)
  }

  #fail(invariant: string, detail: string): never {
    throw new Violation(invariant, `${this.#topic}: ${detail}`)
  }
}

function valuesOf(records: readonly Stored[]): Set<string> {
  return new Set(records.map(({ value }) => value))
}
