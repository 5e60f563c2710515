import { decodeBatch, encodeBatch } from '../../../broker/metadata/batch.ts'
import type { MetadataImage } from '../../../broker/metadata/image.ts'
import {
  applyBatch,
  emptyState,
  type MetadataPosition,
  type MetadataState,
  positionAfter,
  positionOf,
  samePosition,
} from '../../../broker/metadata/position.ts'
import type { MetadataRecord } from '../../../broker/metadata/records.ts'
import { readSnapshot, snapshotBatches } from '../../../broker/metadata/snapshot.ts'
import { type Clock, sleep } from '../../../lib/clock.ts'
import { firstBatch } from './birth.ts'
import {
  type Appended,
  type MetadataStore,
  type OpenedLog,
  type SnapshotTaken,
  type Superseded,
  superseded,
} from './metadata-store.ts'

export type StoreCall = 'open' | 'append' | 'snapshot' | 'isLast'

/** What becomes of one call. With nothing said it takes effect and is answered at once. */
export type MemoryFault = {
  /** How long until it takes effect, if the position is still the last one then. */
  readonly delayMs?: number
  /** How long the answer takes after that: what was lost and had to be asked for again. */
  readonly answerDelayMs?: number
}

/** What all controllers of a cluster see: bytes, as another end would keep them. */
export class MemoryLog {
  #snapshot: { readonly bytes: Uint8Array; readonly offset: number } | undefined
  #batches: Uint8Array[] = []
  #position: MetadataPosition
  #waiting: (() => void)[] | undefined

  constructor({ clusterId, timestampMs = 0 }: { clusterId: string; timestampMs?: number }) {
    const batch = firstBatch(clusterId, timestampMs)
    this.#batches.push(batch.bytes)
    this.#position = positionAfter(positionOf(emptyState), batch.records)
  }

  get position(): MetadataPosition {
    return this.#position
  }

  get snapshotBytes(): number {
    return this.#snapshot?.bytes.length ?? 0
  }

  /** While it is out, calls wait. What has taken effect by then has. */
  set isOut(isOut: boolean) {
    const waiting = this.#waiting ?? []
    this.#waiting = isOut ? waiting : undefined
    if (!isOut) for (const go of waiting) go()
  }

  /** Once it is not out. */
  async reachable(): Promise<void> {
    while (this.#waiting !== undefined) {
      await new Promise<void>((resolve) => void this.#waiting?.push(resolve))
    }
  }

  read(): OpenedLog {
    const snapshot: MetadataState =
      this.#snapshot === undefined
        ? emptyState
        : { image: readSnapshot(this.#snapshot.bytes), offset: this.#snapshot.offset }
    const batches = this.#batches.map((bytes) => decodeBatch(bytes))
    const { snapshotBytes } = this
    return { snapshot, snapshotBytes, batches, state: batches.reduce(applyBatch, snapshot) }
  }

  /** Whoever appends so is somebody else to the stores: they are superseded. */
  append(records: readonly MetadataRecord[], timestampMs: number): Appended {
    const position = positionAfter(this.#position, records)
    const batch = encodeBatch(records, {
      baseOffset: this.#position.offset,
      controllerEpoch: position.epoch,
      timestampMs,
    })
    this.#batches.push(batch.bytes)
    this.#position = position
    return { type: 'appended', batch, position }
  }

  takeSnapshot({ image, offset }: MetadataState, timestampMs: number): void {
    if (offset <= (this.#snapshot?.offset ?? 0)) return
    const bytes = Buffer.concat([...snapshotBatches(image, { timestampMs })])
    this.#snapshot = { bytes, offset }
    this.#batches = this.#batches.filter((batch) => decodeBatch(batch).nextOffset > offset)
  }

  /** @returns Puts it back to as it is now: positions since are given out a second time. */
  backUp(): () => void {
    const [snapshot, batches, position] = [this.#snapshot, [...this.#batches], this.#position]
    return () => {
      this.#snapshot = snapshot
      this.#batches = [...batches]
      this.#position = position
    }
  }
}

/** The end for simulators: one for each controller, on a log that they share. */
export class MemoryStore implements MetadataStore {
  readonly #log: MemoryLog
  readonly #clock: Clock
  readonly #fault: (call: StoreCall) => MemoryFault
  /** As it was last read or written from here: never refreshed otherwise. */
  #known: MetadataPosition | undefined

  constructor({
    log,
    clock,
    fault = () => ({}),
  }: {
    log: MemoryLog
    clock: Clock
    /** Asked at each call. It may also append to the log, or put it out. */
    fault?: (call: StoreCall) => MemoryFault
  }) {
    this.#log = log
    this.#clock = clock
    this.#fault = fault
  }

  open(): Promise<OpenedLog> {
    return this.#call('open', () => {
      const opened = this.#log.read()
      this.#known = positionOf(opened.state)
      return opened
    })
  }

  append(
    position: MetadataPosition,
    records: readonly MetadataRecord[],
  ): Promise<Appended | Superseded> {
    return this.#call('append', () => {
      if (!this.#isLast() || !samePosition(position, this.#log.position)) return superseded
      const appended = this.#log.append(records, this.#clock.nowMs())
      this.#known = appended.position
      return appended
    })
  }

  snapshot(
    { offset }: MetadataPosition,
    image: MetadataImage,
  ): Promise<SnapshotTaken | Superseded> {
    return this.#call('snapshot', () => {
      if (!this.#isLast()) return superseded
      this.#log.takeSnapshot({ image, offset }, this.#clock.nowMs())
      return { type: 'taken', snapshotBytes: this.#log.snapshotBytes }
    })
  }

  isLast(): Promise<boolean> {
    return this.#call('isLast', () => this.#isLast())
  }

  close(): void {
    this.#known = undefined
  }

  #isLast(): boolean {
    return this.#known !== undefined && samePosition(this.#known, this.#log.position)
  }

  async #call<T>(call: StoreCall, run: () => T): Promise<T> {
    const { delayMs = 0, answerDelayMs = 0 } = this.#fault(call)
    if (delayMs > 0) await sleep(this.#clock, delayMs)
    await this.#log.reachable()
    const answer = run()
    if (answerDelayMs > 0) await sleep(this.#clock, answerDelayMs)
    await this.#log.reachable()
    return answer
  }
}
