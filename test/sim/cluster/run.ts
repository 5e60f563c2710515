import { type MetadataImage, topicNamed } from '../../../broker/metadata/image.ts'
import type { PartitionImage } from '../../../broker/metadata/partition-table.ts'
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
import { DataNode, dataTopic } from './data-node.ts'
import { DataObserver } from './data-observer.ts'
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
      const about = { store, lease, clusterId, secret, settings, onImage: () => {} }
      startController(node, { transport, ...about })
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
  faults.carryOut({
    ...doersOf({ world, network, hosts: all }),
    ...workload.doers,
    produce: ({ amount }) => own.produce(amount),
    quickRestart: ({ on: [name] }) => {
      const host = all.find((one) => one.name === name) as Host
      host.node.gate.crash()
      world.at(10, `${name} is back at once`, () => host.boot())
    },
    emptyDisk: ({ on: [name = ''] }) => {
      const host = all.find((one) => one.name === name) as Host
      host.node.gate.crash()
      disks.set(name, newDisk(world.events))
      return () => host.boot()
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
    const why = whyNotHealthy()
    if (why === undefined) world.end()
    else if (world.nowMs < plan.lengthMs + recoveryMs) world.at(lookMs, 'a look', look)
    else world.fail('NotHealthy', why)
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

  function whyNotHealthy(): string | undefined {
    const { image, offset } = observer.state
    for (const [at, name] of brokers.entries()) {
      const broker = image.brokers.get(at + 1)
      if (broker?.fenced !== false) return `${name} is fenced`
      const notReady = links.get(name)?.link()?.notReady
      if (notReady !== undefined) return `${name}: ${notReady}`
    }
    for (const topic of image.topics.values()) {
      for (let at = 0; at < topic.partitions.count; at++) {
        const { leader, isr, elr } = topic.partitions.at(at)
        const isLost = isr.length === 0 && elr.length === 0 // its disk was emptied
        if (leader < 0 && !isLost)
          return `${topic.name}-${at} has no leader: ISR ${isr}, ELR ${elr}`
      }
    }
    const { isr = [], leader = -1 } = partitionOfData(image) ?? {}
    if (isr.length < 3) return `${dataTopic}: ISR ${isr}`
    const replicas = brokers.map((name) => (disks.get(name) as Plugged).replica)
    data.leads(`broker ${leader}, which led at the end`, replicas[leader - 1] as ReplicaDisk)
    data.atTheEnd(replicas)
    if (own.pending > 0) return `${own.pending} records are not acknowledged`
    for (const name of workload.acknowledged) {
      if (!image.topicIds.has(name)) return `${name} was made, and is not there at ${offset}`
    }
    return undefined
  }
}

type Plugged = {
  readonly disk: SimulatedDisk
  readonly directoryId: string
  readonly replica: ReplicaDisk
}

function partitionOfData(image: MetadataImage): PartitionImage | undefined {
  return topicNamed(image, dataTopic)?.partitions.at(0)
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
