import { SimulatedDisk } from '../disk/simulated-disk.ts'
import { dataTopics } from './data-topics.ts'
import { ReplicaDisk } from './replica-disk.ts'

/** What of a broker outlives its process. */
export class Machine {
  /** With the copy of the metadata log. */
  disk: SimulatedDisk
  directoryId: string
  #replicas: ReadonlyMap<string, ReplicaDisk>

  /** @param number Another disk has another one. */
  constructor(number: number) {
    ;({
      disk: this.disk,
      directoryId: this.directoryId,
      replicas: this.#replicas,
    } = plugged(number))
  }

  /** Somebody puts an empty disk in. */
  emptyDisk(number: number): void {
    ;({
      disk: this.disk,
      directoryId: this.directoryId,
      replicas: this.#replicas,
    } = plugged(number))
  }

  replicaOf(topic: string): ReplicaDisk {
    const replica = this.#replicas.get(topic)
    if (replica === undefined) throw new Error(`no data is written to ${topic}`)
    return replica
  }

  /** @param keepOf Of what was not flushed, how much is there all the same, 0 to 1. */
  losePower(keepOf: (topic: string) => number): void {
    for (const [topic, replica] of this.#replicas) replica.losePower(keepOf(topic))
  }
}

function plugged(number: number) {
  return {
    disk: new SimulatedDisk(number, { later: 'held' }),
    directoryId: Buffer.alloc(16, `disk ${number}`).toString('base64url'),
    replicas: new Map(dataTopics.map(({ name }) => [name, new ReplicaDisk()])),
  }
}
