import { applyRecords } from '../../../broker/metadata/apply.ts'
import type { MetadataBatch } from '../../../broker/metadata/batch.ts'
import type { MetadataImage } from '../../../broker/metadata/image.ts'
import { emptyImage } from '../../../broker/metadata/image.ts'
import { applyBatch, emptyState } from '../../../broker/metadata/position.ts'
import { firstBatch } from '../../../operator/controller/store/birth.ts'
import type { Operation } from '../core/fault-plan.ts'
import { type Doer, Faults } from '../core/faults.ts'
import { doersOf, Host } from '../core/host.ts'
import { Incarnation } from '../core/incarnation.ts'
import { Network } from '../core/network.ts'
import { World } from '../core/world.ts'
import { startBroker } from './broker-node.ts'
import { type ControllerNode, startController } from './controller-node.ts'
import { Data } from './data.ts'
import { DataNode } from './data-node.ts'
import { dataTopics, isDataTopic, partitionOfData } from './data-topics.ts'
import { whyNotHealthy } from './health.ts'
import type { Place } from './histories.ts'
import { brokers, client, controllers } from './hosts.ts'
import { SharedLease } from './lease.ts'
import { Machine } from './machine.ts'
import { Observer } from './observer.ts'
import { isParted, whyNotStopped } from './parted.ts'
import type { ClusterPlan } from './plans.ts'
import { KubernetesSharedStore } from './store/kubernetes-shared-store.ts'
import { MemorySharedStore } from './store/memory-shared-store.ts'
import { PutBacks } from './store/put-backs.ts'
import type { SharedStore } from './store/shared-store.ts'
import { knownTo, Versions } from './versions.ts'
import { Witness } from './witness.ts'
import { move, type Workload, workloadOn } from './workload.ts'

const clusterId = 'AAAAAAAAAAAAAAAAAAAAAQ'
const secret = new Uint8Array(32).fill(7)
const settings = {
  brokerConfig: new Map([['min.insync.replicas', '2']]),
  sessionTimeoutMs: 1_500,
  disconnectGraceMs: 150,
  isLeaving: () => false,
  rackOf: () => null,
}

/** What is put together for one plan: it lives once its world is driven. */
export class Cluster {
  readonly world: World
  readonly faults: Faults
  readonly workload: Workload
  readonly data: Data
  readonly #plan: ClusterPlan
  readonly #network: Network
  readonly #store: SharedStore
  readonly #putBacks: PutBacks
  readonly #lease: SharedLease
  readonly #observer: Observer
  readonly #machines = brokers.map((_, at) => new Machine(at))
  readonly #controllers = new Map<Incarnation, ControllerNode>()
  readonly #links = new Map<string, ReturnType<typeof startBroker>>()
  readonly #hosts: readonly Host[]
  readonly #versions: Versions
  readonly #tooOld = { tooOldBrokers: 0, gaveWay: 0 }

  constructor(plan: ClusterPlan) {
    this.#plan = plan
    this.#versions = new Versions(plan.older)
    this.world = new World(plan.seed)
    this.faults = new Faults(this.world, plan)
    this.#network = new Network(this.world, {
      faults: this.faults,
      connectTimeoutMs: 500,
      lateMs: 5_000,
    })
    this.#putBacks = new PutBacks(this.world, {
      faults: this.faults,
      backUp: () => this.#backUp(),
    })
    this.#observer = new Observer(applyBatch(emptyState, firstBatch(clusterId, 0)))
    this.#store = new stores[plan.store](this.world, {
      faults: this.faults,
      clusterId,
      told: {
        appended: (batch) => this.#appended(batch),
        endsAt: (position) => this.#observer.endsAt(position),
        snapshotTaken: (snapshot) => this.#observer.snapshotTaken(snapshot),
        touches: (call) => this.#putBacks.touches(call),
      },
    })
    this.#lease = new SharedLease(this.world)
    const own = new Incarnation(this.world, { host: client, life: 1 })
    this.data = new Data(own, {
      transport: this.#network.transportOf(own),
      hosts: brokers,
      machines: this.#machines,
      nowMs: () => this.world.nowMs,
      image: () => this.#observer.image,
    })
    this.#hosts = [
      ...controllers.map((name) => new Host(this.world, name, (node) => this.#controller(node))),
      ...brokers.map((name) => new Host(this.world, name, (node) => this.#broker(node))),
    ]
    this.workload = workloadOn((host) => this.#brokerOn(host))
    this.#makeDataTopics()
    this.faults.carryOut(this.#doers())
    this.world.at(plan.lengthMs + 1, 'all come back', () => this.#allComeBack())
    this.world.at(plan.lengthMs + lookMs, 'a look', () => this.#look())
  }

  #appended(batch: MetadataBatch): void {
    const { image: before } = this.#observer.state
    this.#observer.appended(batch)
    if (this.#observer.isForked) for (const name of ofForks) this.world.excuse(name)
    else if (!this.#observer.isParted) this.#decided(before, batch)
  }

  /** Of what was decided together each step counts: somebody may be elected, and gone again. */
  #decided(image: MetadataImage, { records }: MetadataBatch): void {
    let before = image
    for (const record of records) {
      const after = applyRecords(before, [record])
      if (record.type === 'PartitionChangeRecord') this.data.decided(before, after)
      before = after
    }
  }

  #controller(node: Incarnation): void {
    const transport = this.#network.transportOf(node)
    const [store, lease] = [this.#store, this.#lease]
    const { histories } = this.#observer
    const readsUpTo = this.#versions.of(node.host)
    const operators = () => controllers.map((name) => this.#versions.of(name))
    const about = { histories, ...settings, readsUpTo, operators }
    const newWitness = (missing: Place | undefined) =>
      new Witness(this.world, { ...about, missing })
    const started = startController(node, {
      transport,
      store,
      newWitness,
      lease,
      clusterId,
      secret,
      settings,
      readsUpTo,
      operators: () => knownTo(node.host, { versions: this.#versions, all: controllers }),
      onTooNew: () => this.#mayGiveWay(node),
    })
    this.#controllers.set(node, started)
  }

  /** Whether another operator of another version is there. */
  #mayGiveWay({ host: own }: Incarnation): boolean {
    const isOther = this.#hosts.some(({ name, node }) => {
      const isOperator = controllers.includes(name)
      return isOperator && node.isAlive && this.#versions.of(name) !== this.#versions.of(own)
    })
    if (isOther) this.#tooOld.gaveWay++
    return isOther
  }

  #broker(node: Incarnation): void {
    const brokerId = brokers.indexOf(node.host) + 1
    const readsUpTo = this.#versions.of(node.host)
    const machine = this.#machineOf(node.host)
    const transport = this.#network.transportOf(node)
    const random = this.world.randomOf(`power of ${node.host}`)
    node.gate.onDeath(({ isSilent }) => {
      if (isSilent) machine.losePower(() => random.below(101) / 100)
    })
    const served = new DataNode(node, {
      brokerId,
      transport,
      diskOf: (topic) => machine.replicaOf(topic),
      hostOf: (id) => brokers[id - 1] as string,
      link: () => started.link(),
      observe: (topic) => this.data.observe(node, topic),
      isFull: () => this.faults.strikes('diskFull', node.host),
    })
    const { disk, directoryId } = machine
    const isCacheKept = machine.begin() !== 'unflushed-lost'
    const started = startBroker(node, {
      brokerId,
      transport,
      disk,
      directoryId,
      readsUpTo,
      controllers,
      clusterId,
      secret,
      isCacheKept,
      logOf: ({ name }) => (isDataTopic(name) ? machine.replicaOf(name).log() : emptyLog),
      onTooNew: () => void this.#tooOld.tooOldBrokers++,
      onOpen: (copy) => this.world.attempt(() => this.#observer.begins(node.name, copy)),
      onImage: (image, offset, changes) => {
        const brokerEpoch = started.link()?.brokerEpoch ?? -1
        const about = { offset, brokerId, brokerEpoch, readsUpTo }
        node.gate.probe(() => {
          this.world.attempt(() => this.#observer.acts(node.name, image, about))
          machine.registered()
        })
        served.see(image, changes)
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
      commit: ({ amount }) => this.data.commit(amount),
      quickRestart: (operation) => {
        const boot = done.crash(operation)
        if (boot !== undefined) world.at(10, `${operation.on} is back at once`, boot)
      },
      /** All brokers at once; each comes back in its own time. */
      crashAll: (operation) => this.#eachBroker(operation, done.crash),
      blackout: (operation) => this.#eachBroker(operation, done.powerLoss),
      emptyDisk: (operation) => {
        const boot = done.crash(operation)
        for (const name of operation.on) {
          this.#machineOf(name).emptyDisk(world.events)
          this.#observer.forgets(brokers.indexOf(name) + 1)
        }
        return boot
      },
      /** As another version. */
      upgrade: (operation) => {
        for (const name of operation.on) this.#versions.upgrade(name)
        return done.crash(operation)
      },
      downgrade: (operation) => {
        for (const name of operation.on) this.#versions.downgrade(name)
        return done.crash(operation)
      },
      storeOut: () => {
        this.#store.isOut = true
        return () => {
          this.#store.isOut = false
        }
      },
      putBack: (operation) => this.#putBack(operation),
      putBackSoon: this.#putBacks.doer,
    }
  }

  /** With the version that they are to have at the end. */
  #allComeBack(): void {
    for (const host of this.#hosts) {
      const before = this.#versions.of(host.name)
      const isOlder = this.#plan.staysOlder.includes(host.name)
      if (isOlder) this.#versions.downgrade(host.name)
      else this.#versions.upgrade(host.name)
      if (this.#versions.of(host.name) !== before) host.node.gate.crash({ isSilent: false })
      host.boot()
    }
  }

  #eachBroker(operation: Operation, crash: Doer): void {
    const random = this.world.randomOf('all at once')
    for (const host of brokers) {
      const boot = crash({ ...operation, on: [host] })
      const afterMs = operation.lengthMs + random.below(3_000)
      if (boot !== undefined) this.world.at(afterMs, `${host} is back`, boot)
    }
  }

  /** Who was moved comes back, so that all have all at the end. */
  #moveBack(): void {
    const { image } = this.#observer.state
    for (const { name } of dataTopics) {
      const { replicas = [], addingReplicas = [] } = partitionOfData(image, name) ?? {}
      if (replicas.length === brokers.length || addingReplicas.length > 0) continue
      const { link, start } = this.#brokerOn(brokers[0] as string)
      start(async () => {
        if (link !== undefined) await move(link, name, [1, 2, 3]).catch(() => {})
      })
    }
  }

  /** What came about, by its name. */
  get counts() {
    const { isForked } = this.#observer
    return {
      ...this.data.counts,
      forked: Number(isForked),
      stopped: Number(this.#isParted),
      raised: this.#observer.raises,
      refusedRaises: this.workload.counts.refusedRaises,
      wentOn: this.#timesGoneOn,
      ...this.#versions.counts,
      ...this.#tooOld,
    }
  }

  /** Nobody does before the topics are there that are written to. */
  #backUp(): (() => void) | undefined {
    if (this.#missingTopics.length > 0) return undefined
    const [store, observer] = [this.#store.backUp(), this.#observer.backUp()]
    return () => {
      store()
      observer()
      this.workload.forget((name) => !this.#observer.state.image.topicIds.has(name))
    }
  }

  /** By its `amount` it was a mistake: then it becomes again as it was. */
  #putBack(operation: Operation): (() => void) | undefined {
    const putBack = this.#backUp()
    if (putBack === undefined || operation.amount !== mistaken) return putBack
    return () => {
      const asItWas = this.#backUp()
      putBack()
      if (asItWas !== undefined) this.world.at(untilPutRightMs, 'the store is put right', asItWas)
    }
  }

  /** Whether a broker knows more than the log, which was put back. */
  get #isParted(): boolean {
    const positions = brokers.flatMap((name) => this.#links.get(name)?.position() ?? [])
    return isParted(positions, this.#observer.histories)
  }

  #whyNotStopped(): string | undefined {
    return whyNotStopped({
      controllers: this.#activeControllers,
      images: brokers.map((name) => this.#brokerOn(name).link?.image ?? emptyImage),
      known: brokers.flatMap((_, at) => this.#observer.knownTo(at + 1)?.state.image ?? []),
      data: this.data,
      isForked: this.#observer.isForked,
    })
  }

  get #activeControllers(): ControllerNode[] {
    const alive = [...this.#controllers].filter(([node]) => node.isAlive)
    return alive.map(([, controller]) => controller).filter((one) => one.isHolder())
  }

  get #timesGoneOn(): number {
    return [...this.#controllers.values()].reduce((sum, one) => sum + one.timesGoneOn(), 0)
  }

  #whyNotHealthy(): string | undefined {
    return whyNotHealthy({
      controllers: this.#activeControllers,
      image: this.#observer.state.image,
      links: brokers.map((name) => this.#links.get(name)?.link()),
      pending: this.data.pending,
      made: this.workload.acknowledged,
      isForked: this.#observer.isForked,
    })
  }

  /** Whether all is well again. It has its time for that. */
  #look(): void {
    const { world } = this
    this.#moveBack()
    const why = this.#isParted ? this.#whyNotStopped() : this.#whyNotHealthy()
    if (why === undefined) {
      if (!this.#isParted && !this.#observer.isForked) this.data.atTheEnd()
      world.end()
    } else if (world.nowMs < this.#plan.lengthMs + recoveryMs) {
      world.at(lookMs, 'a look', () => this.#look())
    } else world.fail('NotHealthy', why)
  }

  get #missingTopics() {
    return dataTopics.filter(({ name }) => !this.#observer.state.image.topicIds.has(name))
  }

  #makeDataTopics(): void {
    const missing = this.#missingTopics
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

const stores = { memory: MemorySharedStore, kubernetes: KubernetesSharedStore }
/** What replicas find where two histories were acted on. */
const ofForks = [
  'AcknowledgedLost',
  'CommitWentBack',
  'CommittedDiffers',
  'Halted',
  'HighWatermarkBack',
  'MemberLacks',
  'OffsetNamesTwo',
  'SequenceBroken',
  'SetAside',
  'ToldUncommitted',
  'UncleanForNothing',
]
/** Of partitions that nobody writes to. */
const emptyLog = { logEndOffset: 0, epochs: undefined }
/** A store that is slow, then a takeover by the Lease, sessions, and back-off of a second. */
const recoveryMs = 30_000
const lookMs = 1_000
/** The `amount` of a `putBack` that is put right; `restored` has those below 3. */
const mistaken = 2
const untilPutRightMs = 4_000
