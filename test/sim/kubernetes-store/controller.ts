import {
  applyBatch,
  type MetadataPosition,
  type MetadataState,
  positionOf,
} from '../../../broker/metadata/position.ts'
import { metadataRecord } from '../../../broker/metadata/records.ts'
import { sleep } from '../../../lib/clock.ts'
import { StorageError } from '../../../lib/storage-error.ts'
import type { KubernetesStore } from '../../../operator/controller/store/kubernetes/kubernetes-store.ts'
import { StoreError } from '../../../operator/controller/store/store-error.ts'
import type { Chance } from '../disk/chance.ts'
import type { Checker } from './checker.ts'
import { newOp, type Op } from './ops.ts'
import type { Habits } from './plants.ts'
import type { Process } from './process.ts'

/** Takes over, decides, snapshots; superseded, it tries to take over again after a while. */
export class SimController {
  readonly #store: KubernetesStore
  readonly #process: Process
  readonly #checker: Checker
  readonly #chance: Chance
  readonly #habits: Habits
  readonly #newId: () => string
  #ops = 0
  #isOpen = false
  /** The log could not be read; what it said. */
  refusal: string | undefined

  constructor(options: {
    store: KubernetesStore
    process: Process
    checker: Checker
    chance: Chance
    habits: Habits
    newId: () => string
  }) {
    this.#store = options.store
    this.#process = options.process
    this.#checker = options.checker
    this.#chance = options.chance
    this.#habits = options.habits
    this.#newId = options.newId
  }

  /** Until the world ends, or the log cannot be read. */
  async live(): Promise<void> {
    for (;;) {
      try {
        const state = await this.#open()
        const incarnationId = this.#newId()
        const taken = await this.#takeOver(state, incarnationId)
        if (taken !== undefined) await this.#decide(taken, incarnationId)
      } catch (error) {
        if (error instanceof StorageError) {
          this.refusal = error.message
          return
        }
        if (!(error instanceof StoreError)) throw error
      }
      await this.#rest(2000)
    }
  }

  async #open(): Promise<MetadataState> {
    const opened = await this.#store.open()
    this.#isOpen = true
    this.#checker.opened(opened)
    return opened.state
  }

  async #takeOver(state: MetadataState, incarnationId: string): Promise<MetadataState | undefined> {
    const epoch = state.image.controller.epoch + 1
    const fields = { epoch, incarnationId, startOffset: state.offset }
    const record = metadataRecord('ControllerEpochRecord', fields)
    const appended = await this.#store.append(positionOf(state), [record])
    if (appended.type === 'appended') {
      this.#checker.acknowledged(appended.position, appended.batch)
      return applyBatch(state, appended.batch)
    }
    if (!this.#habits.knowsEpochByNumber) return undefined
    const again = await this.#open()
    return again.image.controller.epoch === epoch ? again : undefined
  }

  async #decide(from: MetadataState, incarnationId: string): Promise<void> {
    let state = from
    let snapshot: Promise<void> = Promise.resolve()
    for (let left = 3 + this.#chance(25); left > 0; left--) {
      const after = await this.#append(state, this.#newOp(incarnationId))
      if (after === undefined) return
      state = after
      if (!this.#isOpen) return
      if (this.#chance(6) === 0) {
        await snapshot
        snapshot = this.#snapshot(state)
      }
      await this.#rest(60)
    }
    await snapshot
    if (this.#isOpen && this.#chance(3) === 0) await this.#store.isLast()
  }

  async #append(state: MetadataState, op: Op): Promise<MetadataState | undefined> {
    const { splitsBatches, retriesOnConflict } = this.#habits
    const half = Math.floor(op.records.length / 2)
    if (splitsBatches && half >= 1) {
      const first = await this.#appendOnce(positionOf(state), {
        ...op,
        records: op.records.slice(0, half),
      })
      if (first === undefined) return undefined
      const rest = { ...op, records: op.records.slice(half) }
      const middle = applyBatch(state, first)
      const second = await this.#appendOnce(positionOf(middle), rest)
      return second === undefined ? undefined : applyBatch(middle, second)
    }
    if (retriesOnConflict) return this.#appendAnyhow(state, op)
    const batch = await this.#appendOnce(positionOf(state), op)
    return batch && applyBatch(state, batch)
  }

  async #appendAnyhow(state: MetadataState, op: Op): Promise<MetadataState | undefined> {
    try {
      const batch = await this.#appendOnce(positionOf(state), op)
      if (batch !== undefined) return applyBatch(state, batch)
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
    }
    const again = await this.#open()
    await this.#appendOnce(positionOf(again), op)
    return undefined
  }

  async #appendOnce(position: MetadataPosition, op: Op) {
    const closed = this.#chance(60) === 0 ? this.#closeSoon() : undefined
    try {
      const appended = await this.#store.append(position, op.records)
      if (appended.type === 'superseded') {
        this.#checker.absent(op.name)
        return undefined
      }
      this.#checker.acknowledged(appended.position, appended.batch)
      return appended.batch
    } catch (error) {
      if (error instanceof StoreError && error.problem === 'NotAppended') {
        this.#checker.absent(op.name)
      }
      throw error
    } finally {
      await closed
    }
  }

  /** In the middle of it, perhaps. */
  async #closeSoon(): Promise<void> {
    await this.#rest(20)
    this.#store.close()
    this.#isOpen = false
  }

  async #snapshot(state: MetadataState): Promise<void> {
    try {
      await this.#store.snapshot(positionOf(state), state.image)
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
    }
  }

  #newOp(incarnationId: string): Op {
    const sizes = [20, 200, 3000, 9000, 30_000, 100_000, 600_000]
    const kind = this.#chance(60)
    const bytes = sizes[kind < 50 ? kind % 4 : kind < 56 ? 4 : kind < 59 ? 5 : 6] as number
    return newOp(incarnationId, { count: ++this.#ops, minRecords: 1 + this.#chance(3), bytes })
  }

  #rest(belowMs: number): Promise<void> {
    return sleep(this.#process.clock, this.#chance(belowMs))
  }
}
