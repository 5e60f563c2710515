import { expect, onTestFinished, test } from 'vitest'
import { metadataRecord } from '../../../broker/metadata/records.ts'
import { silentLogger } from '../../../lib/logger.ts'
import { realRandom } from '../../../lib/random.ts'
import {
  ControllerHost,
  type ControllerHostOptions,
} from '../../../operator/controller/controller-host.ts'
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
async function startHost(
  log: MemoryLog,
  clock: ManualClock,
  more: Partial<ControllerHostOptions> = {},
): Promise<ControllerHost> {
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
    ...more,
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

test('once the log has what its brokers know it goes on, and until then it is only read', async () => {
  const [log, clock] = [new MemoryLog({ clusterId }), new ManualClock()]
  await (await startHost(log, clock)).close()
  const older = log.backUp()
  await (await startHost(log, clock)).close()
  const told = log.position
  const asItWas = log.backUp()
  older()
  const host = await startHost(log, clock)
  const { position } = log
  expect(() => host.controller.positions.heard(3, told)).toThrow('broker 3 knows')
  await clock.advance(60_000)
  expect(host.problem).toContain('see kavka recover')
  expect(log.position).toEqual(position)
  asItWas()
  await clock.advance(10_000)
  expect(host.problem).toBeUndefined()
  expect(log.position.epoch).toBe(told.epoch + 1)
})

test('a log that a newer kavka has raised is not taken over, and somebody is told', async () => {
  const [log, clock] = [new MemoryLog({ clusterId }), new ManualClock()]
  const host = await startHost(log, clock)
  const level = { name: 'metadata.version', featureLevel: 24 }
  log.append([metadataRecord('FeatureLevelRecord', level)], 0)
  await host.close()
  const { position } = log
  const told: string[] = []
  const older = { readsUpTo: 23, onTooNew: (why: string) => void told.push(why) }
  const why = 'metadata.version 24 is not known to this version of kavka, only up to 23'
  await expect(startHost(log, clock, older)).rejects.toThrow(why)
  expect(told).toEqual([why])
  expect(log.position).toEqual(position)
  const newer = await startHost(log, clock) // nobody else is kept from it
  expect(newer.problem).toBeUndefined()
})
