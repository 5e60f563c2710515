import type { MetadataImage } from '../../../broker/metadata/image.ts'
import type { Incarnation } from '../core/incarnation.ts'
import type { Transport } from '../core/transport.ts'
import { Producers } from './client-node.ts'
import { DataObserver } from './data-observer.ts'
import { dataTopics, partitionOfData } from './data-topics.ts'
import type { Machine } from './machine.ts'
import type { ReplicaObserver } from './replica.ts'

type DataOptions = {
  readonly transport: Transport
  readonly hosts: readonly string[]
  readonly machines: readonly Machine[]
  /** As it is in the store. */
  readonly image: () => MetadataImage
}

/** The topics that are written to: who writes to them, and who looks on. */
export class Data {
  readonly #options: DataOptions
  readonly #observers = new Map(dataTopics.map(({ name }) => [name, new DataObserver(name)]))
  readonly #producers: readonly Producers[]
  #lastProducerId = 0

  constructor(client: Incarnation, options: DataOptions) {
    this.#options = options
    this.#producers = dataTopics.map(({ name }) => {
      const { transport, hosts } = options
      return new Producers(client, {
        transport,
        hosts,
        topic: name,
        newProducerId: () => ++this.#lastProducerId,
        onAcknowledged: (value) => this.#of(name).acknowledge(value),
        mayHaveLost: () => false,
      })
    })
  }

  /** Of all records, how many there were to be sent. */
  get asked(): number {
    return this.#producers.reduce((sum, { asked }) => sum + asked, 0)
  }

  get pending(): number {
    return this.#producers.reduce((sum, { pending }) => sum + pending, 0)
  }

  get acknowledgements(): number {
    return [...this.#observers.values()].reduce((sum, own) => sum + own.acknowledgements, 0)
  }

  /** One more record, to one topic after the other. @param first The place of the broker to try first. */
  produce(first: number): void {
    this.#producers[this.asked % this.#producers.length]?.produce(first)
  }

  /** What a replica on one life of a broker tells. */
  observe(node: Incarnation, topic: string): ReplicaObserver {
    const observer = this.#of(topic)
    return {
      written: (disk) => node.gate.probe(() => observer.written(disk)),
      committed: (disk, to) => node.gate.probe(() => observer.committed(disk, to)),
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

  #of(topic: string): DataObserver {
    return this.#observers.get(topic) as DataObserver
  }
}
