import type { MetadataImage } from '../../../broker/metadata/image.ts'
import { type DriveOptions, drive } from '../core/drive.ts'
import type { Failure } from '../core/failure.ts'
import type { FaultPlan } from '../core/fault-plan.ts'
import { Faults } from '../core/faults.ts'
import { doersOf, Host } from '../core/host.ts'
import { Incarnation } from '../core/incarnation.ts'
import { Network } from '../core/network.ts'
import { World } from '../core/world.ts'
import { SimulatedDisk } from '../disk/simulated-disk.ts'
import { startBroker } from './broker-node.ts'
import { startClient } from './client-node.ts'
import { startController } from './controller-node.ts'
import { DataNode, dataTopic, partitionOfData } from './data-node.ts'
import { DataObserver } from './data-observer.ts'
import { whyNotHealthy } from './health.ts'
import { SharedLease } from './lease.ts'
import { Observer } from './observer.ts'
import { brokers, client, controllers } from './plans.ts'
import { emptyReplicaDisk, losePower, type ReplicaDisk } from './replica-disk.ts'
import { SharedStore } from './shared-store.ts'
import { workloadOn } from './workload.ts'

export type Outcome = {
  readonly world: World
  readonly failure: Failure | undefined
  readonly strikes: Faults['counts']
  readonly requests: { readonly asked: number; readonly answered: number }
  readonly produced: { readonly asked: number; readonly acknowledged: number }
}

const clusterId = 'AAAAAAAAAAAAAAAAAAAAAQ'
const secret = new Uint8Array(32).fill(7)
const settings = {
  brokerConfig: new Map([['min.insync.replicas', '2']]),
  sessionTimeoutMs: 1_500,
  isLeaving: () => false,
  rackOf: () => null,
  maxReplicationFactor: 3,
}

/** Two controllers, three brokers and a store live through a plan, with the product's own code for all of it. */
export async function runCluster(plan: FaultPlan, options: DriveOptions = {}): Promise<Outcome> {
  const world = new World(plan.seed)
  const faults = new Faults(world, plan)
  const network = new Network(world, { faults, connectTimeoutMs: 500, lateMs: 5_000 })
  const store: SharedStore = new SharedStore(world, {
    faults,
    clusterId,
    onAppend: (appended) => world.attempt(() => observer.appended(appended)),
  })
  const observer = new Observer(store.log.read().state)
  const lease = new SharedLease(world)
  const disks = new Map(brokers.map((host, at) => [host, newDisk(at)]))
  const links = new Map<string, ReturnType<typeof startBroker>>()
  const data = new DataObserver()
  const flushesAlways = plan.seed % 2 === 1
  const random = world.randomOf('power')
  const hostOf = (brokerId: number) => brokers[brokerId - 1] as string

  const controllerHosts = controllers.map((name) => {
    return new Host(world, name, (node) => {
      const transport = network.transportOf(node)
      startController(node, { transport, store, lease, clusterId, secret, settings })
    })
  })
  const brokerHosts = brokers.map((name, at) => {
    return new Host(world, name, (node) => {
      const { disk, directoryId, replica } = disks.get(name) as Plugged
      const transport = network.transportOf(node)
      // Without a flush of each record the loss of power is to be judged when the broker is back, which it
      // is not yet (safety rules, case 3): then the cache is kept.
      node.gate.onDeath(({ isSilent }) => {
        if (isSilent && flushesAlways) losePower(replica, random.below(101) / 100)
      })
      const served = new DataNode(node, {
        brokerId: at + 1,
        transport,
        disk: replica,
        flushesAlways,
        hostOf,
        link: () => started.link(),
        observe: {
          written: (own) => node.gate.probe(() => data.written(own)),
          committed: (own, to) => node.gate.probe(() => data.committed(own, to)),
          leads: (own, leaderEpoch) => {
            // One that stood still may have to find out yet that others were elected since.
            const now = partitionOfData(observer.state.image)
            if (now?.leaderEpoch !== leaderEpoch) return
            node.gate.probe(() => data.leads(node.name, own))
          },
        },
      })
      const started = startBroker(node, {
        brokerId: at + 1,
        transport,
        disk,
        directoryId,
        controllers,
        clusterId,
        secret,
        onImage: (image, offset) => {
          const brokerEpoch = started.link()?.brokerEpoch ?? -1
          const about = { offset, brokerId: at + 1, brokerEpoch }
          node.gate.probe(() => world.attempt(() => observer.acts(node.name, image, about)))
          served.see(image)
        },
      })
      links.set(name, started)
    })
  })
  const brokerOf = (name: string) => {
    const at = brokers.indexOf(name)
    const { node } = brokerHosts[at] as Host
    return {
      brokerId: at + 1,
      link: node.isAlive ? links.get(name)?.link() : undefined,
      start: (run: () => Promise<void>) => node.start(run),
    }
  }
  const workload = workloadOn(brokerOf)
  const all = [...controllerHosts, ...brokerHosts]
  const own = startClient(new Incarnation(world, { host: client, life: 1 }), {
    network,
    hosts: brokers,
    onAcknowledged: (value) => data.acknowledge(value),
  })
  makeDataTopic()
  const done = doersOf({ world, network, hosts: all })
  faults.carryOut({
    ...done,
    ...workload.doers,
    produce: ({ amount }) => own.produce(amount),
    quickRestart: (operation) => {
      const boot = done.crash(operation)
      if (boot !== undefined) world.at(10, `${operation.on} is back at once`, boot)
    },
    emptyDisk: (operation) => {
      const boot = done.crash(operation)
      for (const name of operation.on) disks.set(name, newDisk(world.events))
      return boot
    },
    storeOut: () => {
      store.log.isOut = true
      return () => {
        store.log.isOut = false
      }
    },
  })
  world.at(plan.lengthMs + 1, 'all come back', () => {
    for (const host of all) host.boot()
  })
  world.at(plan.lengthMs + lookMs, 'a look', look)
  const failure = await drive(world, Number.POSITIVE_INFINITY, options)
  const produced = { asked: own.asked, acknowledged: data.acknowledged }
  return { world, failure, strikes: faults.counts, requests: workload.counts, produced }

  /** Whether all is well again. It has its time for that. */
  function look(): void {
    const { image } = observer.state
    const why = whyNotHealthy({
      image,
      links: brokers.map((name) => links.get(name)?.link()),
      pending: own.pending,
      made: workload.acknowledged,
    })
    if (why === undefined) lookAtData(image)
    else if (world.nowMs < plan.lengthMs + recoveryMs) world.at(lookMs, 'a look', look)
    else world.fail('NotHealthy', why)
  }

  function lookAtData(image: MetadataImage): void {
    const leader = partitionOfData(image)?.leader ?? -1
    const replicas = brokers.map((name) => (disks.get(name) as Plugged).replica)
    data.leads(`broker ${leader}, which led at the end`, replicas[leader - 1] as ReplicaDisk)
    data.atTheEnd(replicas)
    world.end()
  }

  function makeDataTopic(): void {
    if (partitionOfData(observer.state.image) !== undefined) return
    const { link, start } = brokerOf(brokers[0] as string)
    start(async () => {
      const topic = { name: dataTopic, numPartitions: 1, replicationFactor: 3 }
      const topics = [{ ...topic, assignments: [], configs: [] }]
      await link?.forward('CreateTopics', 7, { topics, timeoutMs: 5_000 }).catch(() => {})
    })
    world.at(500, 'the topic is asked for again', makeDataTopic)
  }
}

type Plugged = {
  readonly disk: SimulatedDisk
  readonly directoryId: string
  readonly replica: ReplicaDisk
}

/** Another disk has another id. */
function newDisk(number: number): Plugged {
  const directoryId = Buffer.alloc(16, `disk ${number}`).toString('base64url')
  const disk = new SimulatedDisk(number, { later: 'held' })
  return { disk, directoryId, replica: emptyReplicaDisk() }
}

/** A store that is slow, then a takeover by the Lease, sessions, and back-off of a second. */
const recoveryMs = 30_000
const lookMs = 1_000
