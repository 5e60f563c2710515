import { expect, onTestFinished, test } from 'vitest'
import { silentLogger } from '../../../lib/logger.ts'
import { realRandom } from '../../../lib/random.ts'
import { ControllerHost } from '../../../operator/controller/controller-host.ts'
import { MemoryLog, MemoryStore } from '../../../operator/controller/store/memory-store.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { MemoryDoor } from '../../support/memory-door.ts'
import { clusterId, secret } from '../../support/test-cluster.ts'

const settings = {
  brokerConfig: new Map(),
  sessionTimeoutMs: 1_500,
  disconnectGraceMs: 150,
  isLeaving: () => false,
  rackOf: () => null,
}

/** What has a controller on that log, as long as it may. */
async function startHost(log: MemoryLog, clock: ManualClock): Promise<ControllerHost> {
  const ends = {
    openStore: () => new MemoryStore({ log, clock }),
    clusterId,
    secret,
    openDoor: new MemoryDoor().open,
    clock,
    random: realRandom,
    log: silentLogger,
    onFatal(error: unknown) {
      throw error
    },
    onImage() {},
    onChange() {},
  }
  const host = await ControllerHost.start(ends, settings)
  onTestFinished(() => host.close())
  return host
}

test('a controller that was deposed is followed by another', async () => {
  const [log, clock] = [new MemoryLog({ clusterId }), new ManualClock()]
  const host = await startHost(log, clock)
  await startHost(log, clock)
  const { position } = log
  expect(() => host.controller.positions.heard(3, position)).toThrow('broker 3 knows')
  await clock.turn()
  expect(host.problem).toBe('another controller took over')
  await clock.advance(2_000)
  expect(host.problem).toBeUndefined()
  expect(log.position.epoch).toBe(position.epoch + 1)
})

test('none follows one whose brokers know more than the log, and it stays said why', async () => {
  const [log, clock] = [new MemoryLog({ clusterId }), new ManualClock()]
  const host = await startHost(log, clock)
  const { position } = log
  const told = { ...position, offset: 99 }
  expect(() => host.controller.positions.heard(3, told)).toThrow('broker 3 knows')
  await clock.turn()
  const why = host.problem
  expect(why).toContain('see kavka recover')
  await clock.advance(3_600_000)
  expect(host.problem).toBe(why)
  expect(() => host.controller).toThrow(why)
  expect(log.position).toEqual(position)
})
