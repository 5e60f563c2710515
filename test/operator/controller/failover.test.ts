import { expect, test } from 'vitest'
import { topicNamed } from '../../../broker/metadata/image.ts'
import { realClock } from '../../../lib/clock.ts'
import { Metrics } from '../../../lib/metrics.ts'
import type { Controller } from '../../../operator/controller/controller.ts'
import { MemoryLog, MemoryStore } from '../../../operator/controller/store/memory-store.ts'
import type { Failover } from '../../../operator/controller/timeline/failover.ts'
import { FailoverCounts } from '../../../operator/controller/timeline/failover-counts.ts'
import { addClusterMetrics } from '../../../operator/kafka-cluster/cluster-metrics.ts'
import { clusterId } from '../../support/test-cluster.ts'
import { startController } from '../../support/test-controller.ts'
import { startBroker, until } from './linked-broker.ts'

const appendMs = 3

/** Three brokers, and a topic of which each leads four partitions that the two others have too. */
async function start() {
  const failovers: Failover[] = []
  const said: string[] = []
  const fault = () => ({ delayMs: appendMs })
  const controller = await startController({
    store: new MemoryStore({ log: new MemoryLog({ clusterId }), clock: realClock, fault }),
    log: (message) => void said.push(message),
    onFailover: (failover) => failovers.push(failover),
  })
  const brokers = [0, 1, 2].map((id) => startBroker(id, controller.port))
  await until(() => brokers.every(({ link }) => link.notReady === undefined))
  const topic = { name: 'orders', numPartitions: 12, replicationFactor: 3 }
  const topics = [{ ...topic, assignments: [], configs: [] }]
  await controller.createTopics({ topics, validateOnly: false })
  await until(() => brokers.every(({ link }) => topicNamed(link.image, 'orders') !== undefined))
  return { controller, failovers, said, brokers }
}

function leadersIn({ image }: Controller): number[] {
  const partitions = topicNamed(image, 'orders')?.partitions
  const leaders = Array.from({ length: 12 }, (_, partition) => partitions?.leader(partition) ?? -1)
  return [...new Set(leaders)].sort((a, b) => a - b)
}

test('of a broker that dies each step is timed, up to where the others lead', async () => {
  const { controller, failovers, said, brokers } = await start()
  expect(leadersIn(controller)).toEqual([0, 1, 2])
  await brokers[1]?.link.stop() // its connections are lost
  await until(() => failovers.length > 0)

  expect(leadersIn(controller)).toEqual([0, 2])
  const { steps, ...rest } = failovers[0] as Failover
  expect(rest).toMatchObject({
    brokerId: 1,
    cause: 'BrokerFenced',
    why: 'its connection is gone',
    controllerEpoch: controller.image.controller.epoch,
    partitions: 4,
    leaderless: 0,
    notSeen: [],
  })
  const took = new Map(steps.map(({ name, tookMs }) => [name, tookMs ?? -1]))
  expect([...took.keys()]).toEqual([
    'lastHeard',
    'detected',
    'decided',
    'appended',
    'pushed',
    'led',
  ])
  expect(took.get('detected')).toBeGreaterThanOrEqual(150) // the grace
  expect(took.get('appended')).toBeGreaterThanOrEqual(appendMs - 1)
  expect(steps.every(({ tookMs }) => tookMs === null || tookMs >= 0)).toBe(true)
  expect(said).toContainEqual(
    expect.stringMatching(
      /^failover of broker 1 \(its connection is gone\): 4 partitions lead elsewhere; detected \+\d+ ms, .*, led \+[\d.]+ ms$/,
    ),
  )
})

test('of one that stops in order the time begins when it says so', async () => {
  const { failovers, brokers } = await start()
  await brokers[2]?.link.prepareStop(5_000)
  await until(() => failovers.length > 0)
  const [{ cause, steps, notSeen } = {} as Failover] = failovers
  expect(cause).toBe('ControlledShutdown')
  expect(steps.map(({ name }) => name)).toEqual([
    'detected',
    'decided',
    'appended',
    'pushed',
    'led',
  ])
  expect(notSeen).toEqual([])
})

test('metrics count failovers by cause, and have a histogram of each step', async () => {
  const { controller, failovers, brokers } = await start()
  await brokers[0]?.link.prepareStop(5_000)
  await until(() => failovers.length > 0)
  const counts = new FailoverCounts()
  for (const failover of failovers) counts.add(failover)
  const metrics = new Metrics()
  addClusterMetrics(metrics, () => {
    const measured = { image: controller.image, withoutController: undefined, desired: 3, ready: 3 }
    return [{ namespace: 'default', name: 'demo', ...measured, failovers: counts }]
  })
  const text = await metrics.text()
  const cluster = 'namespace="default",cluster="demo"'
  expect(text).toContain(`failovers_total{${cluster},cause="ControlledShutdown"} 1`)
  expect(text).toContain(`failover_step_seconds_count{${cluster},step="led"} 1`)
  expect(text).toContain(`failover_step_seconds_bucket{${cluster},step="led",le="+Inf"} 1`)
  expect(text).not.toContain('step="detected"') // nothing went before that
})
