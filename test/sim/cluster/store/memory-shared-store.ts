import type { MetadataRecord } from '../../../../broker/metadata/records.ts'
import type { Clock } from '../../../../lib/clock.ts'
import {
  MemoryLog,
  MemoryStore,
  type StoreCall,
} from '../../../../operator/controller/store/memory-store.ts'
import type {
  Appended,
  MetadataStore,
} from '../../../../operator/controller/store/metadata-store.ts'
import type { Incarnation } from '../../core/incarnation.ts'
import type { World } from '../../core/world.ts'
import type { SharedStore, SharedStoreOptions, StoreObserver } from './shared-store.ts'

/**
 * A log in memory, for all of whose ends a call of it stands. Faults: `storeSlow` (an effect comes late,
 * after others perhaps), `storeLost` (the answer comes much later than the effect).
 */
export class MemorySharedStore implements SharedStore {
  readonly #world: World
  readonly #options: SharedStoreOptions
  readonly #log: MemoryLog

  constructor(world: World, options: SharedStoreOptions) {
    this.#world = world
    this.#options = options
    this.#log = new ObservedLog(world, options)
  }

  storeOf(node: Incarnation): MetadataStore {
    const own = new MemoryStore({
      log: this.#log,
      clock: worldClock(this.#world),
      fault: (call) => this.#fault(call),
    })
    const { gate } = node
    return {
      open: () => gate.call(() => own.open()),
      append: (position, records) => gate.call(() => own.append(position, records)),
      snapshot: (position, image) => gate.call(() => own.snapshot(position, image)),
      isLast: () => gate.call(() => own.isLast()),
      close: () => gate.probe(() => own.close()),
    }
  }

  set isOut(isOut: boolean) {
    this.#log.isOut = isOut
  }

  backUp(): () => void {
    return this.#log.backUp()
  }

  #fault(call: StoreCall) {
    const random = this.#world.randomOf(`store ${call}`)
    const { faults } = this.#options
    const slow = faults.strikes('storeSlow', call)
    const lost = faults.strikes('storeLost', call)
    return {
      delayMs: 1 + random.below(slow ? 3_000 : 10),
      answerDelayMs: 1 + random.below(lost ? 6_000 : 4),
    }
  }
}

/** For what belongs to no node. */
function worldClock(world: World): Clock {
  return {
    nowMs: () => Math.floor(world.nowMs),
    monotonicMs: () => world.nowMs,
    timer: (delayMs, callback) => world.at(delayMs, 'store', callback),
    turn: () => world.sleep(1 / 8, 'store turn'),
  }
}

class ObservedLog extends MemoryLog {
  readonly #world: World
  readonly #told: StoreObserver

  constructor(world: World, { clusterId, told }: SharedStoreOptions) {
    super({ clusterId })
    this.#world = world
    this.#told = told
  }

  override append(records: readonly MetadataRecord[], timestampMs: number): Appended {
    const appended = super.append(records, timestampMs)
    this.#world.attempt(() => this.#told.appended(appended.batch))
    return appended
  }
}
