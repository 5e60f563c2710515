import type { MetadataImage } from '../../../broker/metadata/image.ts'
import { offsetsTopic } from '../../../broker/metadata/internal-topics.ts'
import type { PartitionImage } from '../../../broker/metadata/partition-table.ts'
import { Violation } from '../core/failure.ts'
import type { Incarnation } from '../core/incarnation.ts'
import type { Transport } from '../core/transport.ts'
import { Producers } from './client-node.ts'
import { DataObserver } from './data-observer.ts'
import { type DataTopic, dataTopics, partitionOfData, producedTopics } from './data-topics.ts'
import { Committers } from './groups/committers.ts'
import { GroupObserver } from './groups/group-observer.ts'
import type { Machine } from './machine.ts'
import type { ReplicaObserver } from './replica.ts'
import type { ReplicaDisk } from './replica-disk.ts'

type DataOptions = {
  readonly transport: Transport
  readonly hosts: readonly string[]
  readonly machines: readonly Machine[]
  readonly nowMs: () => number
  /** As it is in the store. */
  readonly image: () => MetadataImage
}

/** The topics that are written to, and the offsets of their readers: who writes, and who looks on. */
export class Data {
  readonly #options: DataOptions
  readonly #observers = new Map(dataTopics.map((topic) => [topic.name, new DataObserver(topic)]))
  readonly #producers: readonly Producers[]
  readonly #groups: GroupObserver
  readonly #committers: Committers
  readonly #counts = { uncleanElections: 0, setAside: 0, leaderlessMs: 0 }
  /** By topic, since when nobody leads it. */
  readonly #leaderlessSinceMs = new Map<string, number>()
  #lastProducerId = 0

  constructor(client: Incarnation, options: DataOptions) {
    this.#options = options
    const { transport, hosts, image, nowMs } = options
    this.#producers = producedTopics.map(({ name }) => {
      return new Producers(client, {
        transport,
        hosts,
        topic: name,
        newProducerId: () => ++this.#lastProducerId,
        onAcknowledged: (value) => this.#of(name).acknowledge(value),
        isLedBy: (host) => hosts.indexOf(host) + 1 === partitionOfData(image(), name)?.leader,
        mayHaveLost: () => this.#of(name).hasLost,
      })
    })
    this.#groups = new GroupObserver({
      committed: () => this.#of(offsetsTopic).committedRecords,
      leaderEpoch: () => partitionOfData(image(), offsetsTopic)?.leaderEpoch ?? -1,
      nowMs,
    })
    const { name: topic } = producedTopics[0] as DataTopic
    this.#committers = new Committers(client, { transport, hosts, topic, observer: this.#groups })
  }

  /** What came about, by its name. */
  get counts(): Readonly<Record<string, number>> {
    return { ...this.#counts, ...this.#committers.counts }
  }

  /** Of all records, how many there were to be sent. */
  get asked(): number {
    return this.#producers.reduce((sum, { asked }) => sum + asked, 0)
  }

  get pending(): number {
    const records = this.#producers.reduce((sum, { pending }) => sum + pending, 0)
    return records + this.#committers.pending
  }

  /** Of one topic. */
  pendingOf(topic: string): number {
    const at = dataTopics.findIndex(({ name }) => name === topic)
    return this.#producers[at]?.pending ?? 0
  }

  /** Something that was acknowledged, and that is not on the disk of each of these brokers. */
  missingOn(topic: string, brokerIds: readonly number[]): string | undefined {
    return this.#of(topic).missingOn(brokerIds.map((id) => this.#diskOf(id, topic)))
  }

  get acknowledgements(): number {
    return [...this.#observers.values()].reduce((sum, own) => sum + own.acknowledgements, 0)
  }

  /** One more record, to one topic after the other. @param first The place of the broker to try first. */
  produce(first: number): void {
    this.#producers[this.asked % this.#producers.length]?.produce(first)
  }

  /** A group is to commit one more offset. @param which Group. */
  commit(which: number): void {
    this.#committers.commit(which)
  }

  /** Something was appended to the metadata log. @throws {Violation} */
  decided(before: MetadataImage, after: MetadataImage): void {
    for (const topic of this.#observers.keys()) {
      const [was, now] = [partitionOfData(before, topic), partitionOfData(after, topic)]
      if (was === undefined || now === undefined) continue
      if (topic !== offsetsTopic) this.#countLeaderless(topic, now)
      const isElected = now.leaderEpoch > was.leaderEpoch && now.leader !== -1
      if (isElected && now.leaderRecoveryState === 'RECOVERING') {
        this.#electedUncleanly(topic, now, [...was.isr, ...was.elr, ...was.lastKnownElr])
      }
      this.#checkMembers(topic, now)
    }
  }

  /** What a replica on one life of a broker tells. */
  observe(node: Incarnation, topic: string): ReplicaObserver {
    const observer = this.#of(topic)
    return {
      written: (disk) => node.gate.probe(() => observer.written(disk)),
      committed: (disk, to, leaderEpoch) => {
        // Who stood still while something was lost may not have heard of it.
        if (leaderEpoch < observer.lostInEpoch) return
        node.gate.probe(() => {
          observer.committed(disk, to)
          const partition = partitionOfData(this.#options.image(), topic)
          if (partition !== undefined) this.#checkMembers(topic, partition)
        })
      },
      setsAside: (why) => {
        this.#counts.setAside++
        node.gate.probe(() => observer.setsAside(why))
      },
      leads: (disk, { leaderEpoch }) => {
        // One that stood still may have to find out yet that others were elected since.
        const now = partitionOfData(this.#options.image(), topic)
        if (now?.leaderEpoch !== leaderEpoch) return
        node.gate.probe(() => observer.leads(node.name, disk))
      },
    }
  }

  /** @throws {Violation} */
  atTheEnd(): void {
    const { machines, image } = this.#options
    for (const [topic, observer] of this.#observers) {
      const leader = partitionOfData(image(), topic)?.leader ?? -1
      const disks = machines.map((machine) => machine.replicaOf(topic))
      const led = disks[leader - 1]
      if (led !== undefined) observer.leads(`broker ${leader}, which led at the end`, led)
      observer.atTheEnd(disks)
    }
  }

  #countLeaderless(topic: string, { leader }: PartitionImage): void {
    const nowMs = this.#options.nowMs()
    const sinceMs = this.#leaderlessSinceMs.get(topic)
    if (leader === -1) this.#leaderlessSinceMs.set(topic, sinceMs ?? nowMs)
    else if (sinceMs !== undefined) {
      this.#counts.leaderlessMs += nowMs - sinceMs
      this.#leaderlessSinceMs.delete(topic)
    }
  }

  #electedUncleanly(topic: string, now: PartitionImage, lastMembers: readonly number[]): void {
    if (!this.#options.machines.some(({ hasLost }) => hasLost)) {
      throw new Violation('UncleanForNothing', `${topic}: nobody has lost anything`)
    }
    const observer = this.#of(topic)
    this.#counts.uncleanElections++
    // It has lost more since it was asked. It will not lead: its next process says so first.
    if ((this.#options.machines[now.leader - 1] as Machine).lost !== 'nothing') return
    observer.electedUncleanly(
      this.#diskOf(now.leader, topic),
      lastMembers.map((id) => this.#diskOf(id, topic)),
      now.leaderEpoch,
    )
    if (topic !== offsetsTopic) return
    this.#groups.electedUncleanly(now.leaderEpoch, observer.committedRecords.length)
  }

  /** Where it is not known yet that one has lost something, it may have a seat still. */
  #checkMembers(topic: string, { isr, elr }: PartitionImage): void {
    const { flushesAlways } = this.#of(topic).topic
    for (const id of [...isr, ...elr]) {
      const { lost } = this.#options.machines[id - 1] as Machine
      const isExcused = lost === 'everything' || (lost === 'unflushed' && !flushesAlways)
      if (!isExcused) this.#of(topic).isHadBy(id, this.#diskOf(id, topic))
    }
  }

  #diskOf(brokerId: number, topic: string): ReplicaDisk {
    return (this.#options.machines[brokerId - 1] as Machine).replicaOf(topic)
  }

  #of(topic: string): DataObserver {
    return this.#observers.get(topic) as DataObserver
  }
}
