import type { FaultPlan } from '../core/fault-plan.ts'
import { type Doer, Faults } from '../core/faults.ts'
import { doersOf, Host } from '../core/host.ts'
import { Incarnation } from '../core/incarnation.ts'
import { Network } from '../core/network.ts'
import { World } from '../core/world.ts'
import { startBroker } from './broker-node.ts'
import { startController } from './controller-node.ts'
import { Data } from './data.ts'
import { DataNode } from './data-node.ts'
import { dataTopics } from './data-topics.ts'
import { whyNotHealthy } from './health.ts'
import { SharedLease } from './lease.ts'
import { Machine } from './machine.ts'
import { Observer } from './observer.ts'
import { brokers, client, controllers } from './plans.ts'
import { SharedStore } from './shared-store.ts'
import { type Workload, workloadOn } from './workload.ts'

const clusterId = 'AAAAAAAAAAAAAAAAAAAAAQ'
const secret = new Uint8Array(32).fill(7)
const settings = {
  brokerConfig: new Map([['min.insync.replicas', '2']]),
  sessionTimeoutMs: 1_500,
  isLeaving: () => false,
  rackOf: () => null,
  maxReplicationFactor: 3,
}

/** What is put together for one plan: it lives once its world is driven. */
export class Cluster {
  readonly world: World
  readonly faults: Faults
  readonly workload: Workload
  readonly data: Data
  readonly #plan: FaultPlan
  readonly #network: Network
  readonly #store: SharedStore
  readonly #lease: SharedLease
  readonly #observer: Observer
  readonly #machines = brokers.map((_, at) => new Machine(at))
  readonly #links = new Map<string, ReturnType<typeof startBroker>>()
  readonly #hosts: readonly Host[]

  constructor(plan: FaultPlan) {
    this.#plan = plan
    this.world = new World(plan.seed)
    this.faults = new Faults(this.world, plan)
    this.#network = new Network(this.world, {
      faults: this.faults,
      connectTimeoutMs: 500,
      lateMs: 5_000,
    })
    this.#store = new SharedStore(this.world, {
      faults: this.faults,
      clusterId,
      onAppend: (appended) => this.world.attempt(() => this.#observer.appended(appended)),
    })
    this.#observer = new Observer(this.#store.log.read().state)
    this.#lease = new SharedLease(this.world)
    const own = new Incarnation(this.world, { host: client, life: 1 })
    this.data = new Data(own, {
      transport: this.#network.transportOf(own),
      hosts: brokers,
      machines: this.#machines,
      image: () => this.#observer.state.image,
    })
    this.#hosts = [
      ...controllers.map((name) => new Host(this.world, name, (node) => this.#controller(node))),
      ...brokers.map((name) => new Host(this.world, name, (node) => this.#broker(node))),
    ]
    this.workload = workloadOn((host) => this.#brokerOn(host))
    this.#makeDataTopics()
    this.faults.carryOut(this.#doers())
    this.world.at(plan.lengthMs + 1, 'all come back', () => {
      for (const host of this.#hosts) host.boot()
    })
    this.world.at(plan.lengthMs + lookMs, 'a look', () => this.#look())
  }

  #controller(node: Incarnation): void {
    const transport = this.#network.transportOf(node)
    const [store, lease] = [this.#store, this.#lease]
    startController(node, { transport, store, lease, clusterId, secret, settings })
  }

  #broker(node: Incarnation): void {
    const brokerId = brokers.indexOf(node.host) + 1
    const machine = this.#machineOf(node.host)
    const transport = this.#network.transportOf(node)
    const random = this.world.randomOf(`power of ${node.host}`)
    node.gate.onDeath(({ isSilent }) => {
      // Without a flush of each record the loss of power is to be judged when the broker is back, which it
      // is not yet (safety rules, case 3): then the cache is kept.
      if (isSilent)
        machine.losePower((topic) => (topic === 'payments' ? random.below(101) / 100 : 1))
    })
    const served = new DataNode(node, {
      brokerId,
      transport,
      diskOf: (topic) => machine.replicaOf(topic),
      hostOf: (id) => brokers[id - 1] as string,
      link: () => started.link(),
      observe: (topic) => this.data.observe(node, topic),
    })
    const { disk, directoryId } = machine
    const started = startBroker(node, {
      brokerId,
      transport,
      disk,
      directoryId,
      controllers,
      clusterId,
      secret,
      onImage: (image, offset) => {
        const brokerEpoch = started.link()?.brokerEpoch ?? -1
        const about = { offset, brokerId, brokerEpoch }
        node.gate.probe(() => {
          this.world.attempt(() => this.#observer.acts(node.name, image, about))
        })
        served.see(image)
      },
    })
    this.#links.set(node.host, started)
  }

  #doers(): Record<string, Doer> {
    const { world } = this
    const done = doersOf({ world, network: this.#network, hosts: this.#hosts })
    return {
      ...done,
      ...this.workload.doers,
      produce: ({ amount }) => this.data.produce(amount),
      quickRestart: (operation) => {
        const boot = done.crash(operation)
        if (boot !== undefined) world.at(10, `${operation.on} is back at once`, boot)
      },
      emptyDisk: (operation) => {
        const boot = done.crash(operation)
        for (const name of operation.on) this.#machineOf(name).emptyDisk(world.events)
        return boot
      },
      storeOut: () => {
        this.#store.log.isOut = true
        return () => {
          this.#store.log.isOut = false
        }
      },
    }
  }

  /** Whether all is well again. It has its time for that. */
  #look(): void {
    const { world } = this
    const why = whyNotHealthy({
      image: this.#observer.state.image,
      links: brokers.map((name) => this.#links.get(name)?.link()),
      pending: this.data.pending,
      made: this.workload.acknowledged,
    })
    if (why === undefined) {
      this.data.atTheEnd()
      world.end()
    } else if (world.nowMs < this.#plan.lengthMs + recoveryMs) {
      world.at(lookMs, 'a look', () => this.#look())
    } else world.fail('NotHealthy', why)
  }

  #makeDataTopics(): void {
    const missing = dataTopics.filter(({ name }) => {
      return !this.#observer.state.image.topicIds.has(name)
    })
    if (missing.length === 0) return
    const { link, start } = this.#brokerOn(brokers[0] as string)
    start(async () => {
      const topics = missing.map(({ name, flushesAlways }) => {
        const configs = flushesAlways ? [{ name: 'kavka.flush', value: 'Always' }] : []
        return { name, numPartitions: 1, replicationFactor: 3, assignments: [], configs }
      })
      await link?.forward('CreateTopics', 7, { topics, timeoutMs: 5_000 }).catch(() => {})
    })
    this.world.at(500, 'the topics are asked for again', () => this.#makeDataTopics())
  }

  /** The present life of a broker. */
  #brokerOn(name: string) {
    const node = this.#hosts.find((host) => host.name === name)?.node as Incarnation
    return {
      brokerId: brokers.indexOf(name) + 1,
      link: node.isAlive ? this.#links.get(name)?.link() : undefined,
      start: (run: () => Promise<void>) => node.start(run),
    }
  }

  #machineOf(name: string): Machine {
    return this.#machines[brokers.indexOf(name)] as Machine
  }
}

/** A store that is slow, then a takeover by the Lease, sessions, and back-off of a second. */
const recoveryMs = 30_000
const lookMs = 1_000
