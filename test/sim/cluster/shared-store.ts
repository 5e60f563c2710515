import type { MetadataRecord } from '../../../broker/metadata/records.ts'
import type { Clock } from '../../../lib/clock.ts'
import {
  MemoryLog,
  MemoryStore,
  type StoreCall,
} from '../../../operator/controller/store/memory-store.ts'
import type { Appended, MetadataStore } from '../../../operator/controller/store/metadata-store.ts'
import type { Faults } from '../core/faults.ts'
import type { Incarnation } from '../core/incarnation.ts'
import type { World } from '../core/world.ts'

/**
 * The store that all controllers write to: it belongs to no node, and what was sent to it takes effect
 * though who sent it is dead. Faults: `storeSlow` (an effect comes late, after others perhaps),
 * `storeLost` (the answer comes much later than the effect).
 */
export class SharedStore {
  readonly log: MemoryLog
  readonly #world: World
  readonly #faults: Faults

  /** @param about.onAppend Told when an append takes effect, whoever hears of it when. */
  constructor(
    world: World,
    about: { faults: Faults; clusterId: string; onAppend: (appended: Appended) => void },
  ) {
    const { faults, clusterId, onAppend } = about
    this.log = new ObservedLog(clusterId, onAppend)
    this.#world = world
    this.#faults = faults
  }

  /** As one life of a controller sees it, opened once. */
  storeOf(node: Incarnation): MetadataStore {
    const own = new MemoryStore({
      log: this.log,
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

  #fault(call: StoreCall) {
    const random = this.#world.randomOf(`store ${call}`)
    const slow = this.#faults.strikes('storeSlow', call)
    const lost = this.#faults.strikes('storeLost', call)
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
  readonly #onAppend: (appended: Appended) => void

  constructor(clusterId: string, onAppend: (appended: Appended) => void) {
    super({ clusterId })
    this.#onAppend = onAppend
  }

  override append(records: readonly MetadataRecord[], timestampMs: number): Appended {
    const appended = super.append(records, timestampMs)
    this.#onAppend(appended)
    return appended
  }
}
