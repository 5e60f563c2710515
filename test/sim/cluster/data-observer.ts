import { Violation } from '../core/failure.ts'
import type { ReplicaDisk } from './replica-disk.ts'

/** Sees all disks and what clients were told, of one partition, from outside. */
export class DataObserver {
  /** By epoch and offset, for ever. */
  readonly #named = new Map<string, string>()
  /** What somebody who led said is committed. */
  readonly #committed: string[] = []
  readonly #acknowledged = new Set<string>()

  get acknowledged(): number {
    return this.#acknowledged.size
  }

  /** Known to the client that it is kept. */
  acknowledge(value: string): void {
    this.#acknowledged.add(value)
  }

  /** @throws {Violation} */
  written({ records }: ReplicaDisk): void {
    // What was there before was looked at before.
    for (let offset = Math.max(0, records.length - 20); offset < records.length; offset++) {
      const { epoch, value } = records[offset] as { epoch: number; value: string }
      const key = `${epoch} ${offset}`
      const known = this.#named.get(key)
      if (known !== undefined && known !== value) {
        throw new Violation(
          'OffsetNamesTwo',
          `epoch ${epoch}, offset ${offset}: ${known}, ${value}`,
        )
      }
      this.#named.set(key, value)
    }
  }

  /** @throws {Violation} */
  committed({ records }: ReplicaDisk, highWatermark: number): void {
    for (let offset = this.#committed.length; offset < highWatermark; offset++) {
      this.#committed.push(records[offset]?.value ?? 'nothing')
    }
    const last = highWatermark - 1
    if (last >= 0 && records[last]?.value !== this.#committed[last]) {
      const words = `${this.#committed[last]} and ${records[last]?.value}`
      throw new Violation('CommittedDiffers', `offset ${last}: ${words}`)
    }
  }

  /** Somebody begins to lead. @throws {Violation} It lacks what somebody was told is kept. */
  leads(host: string, { records }: ReplicaDisk): void {
    const there = new Set(records.map(({ value }) => value))
    const lost = [...this.#acknowledged].filter((value) => !there.has(value))
    if (lost.length > 0) {
      throw new Violation(
        'AcknowledgedLost',
        `${host} leads, and lacks ${lost.slice(0, 3).join(', ')}`,
      )
    }
  }

  /** At the end all disks of the ISR have the same, up to the end of the shortest. @throws {Violation} */
  atTheEnd(disks: readonly ReplicaDisk[]): void {
    for (const [at, value] of this.#committed.entries()) {
      const lacks = disks.find(({ records }) => records[at]?.value !== value)
      if (lacks !== undefined) {
        throw new Violation('CommittedDiffers', `at the end, offset ${at}: ${value}`)
      }
    }
  }
}
