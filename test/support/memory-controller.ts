import { realClock } from '../../lib/clock.ts'
import { realRandom } from '../../lib/random.ts'
import { Controller, type ControllerOptions } from '../../operator/controller/controller.ts'
import { MemoryLog, MemoryStore } from '../../operator/controller/store/memory-store.ts'
import { loopbackDoor } from './loopback-door.ts'
import { clusterId, secret } from './test-cluster.ts'

/** A controller in this process, which keeps its log in memory, for brokers of this machine. */
export function startMemoryController(more: Partial<ControllerOptions> = {}): Promise<Controller> {
  return Controller.start({
    store: new MemoryStore({ log: new MemoryLog({ clusterId }), clock: realClock }),
    clusterId,
    secret,
    openDoor: loopbackDoor(),
    clock: realClock,
    random: realRandom,
    log: () => {},
    onFatal: (error) => {
      throw error
    },
    ...more,
  })
}
