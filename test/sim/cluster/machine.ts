import { type Ground, judgeReturn, type Return } from '../../../broker/replica/judge-return.ts'
import type { Loss } from '../../../operator/controller/decide/partition/of-broker.ts'
import { SimulatedDisk } from '../disk/simulated-disk.ts'
import { dataTopics } from './data-topics.ts'
import { ReplicaDisk } from './replica-disk.ts'

/** What of a broker outlives its process. */
export class Machine {
  readonly #number: number
  #boots = 0
  #plugged: Plugged
  #lost: Loss = 'nothing'
  #hasLost = false

  /** @param number No two have the same. */
  constructor(number: number) {
    this.#number = number
    this.#plugged = plugIn(number)
  }

  /** With the copy of the metadata log. */
  get disk(): SimulatedDisk {
    return this.#plugged.disk
  }

  get directoryId(): string {
    return this.#plugged.directoryId
  }

  replicaOf(topic: string): ReplicaDisk {
    const replica = this.#plugged.replicas.get(topic)
    if (replica === undefined) throw new Error(`no data is written to ${topic}`)
    return replica
  }

  /** Whether anything was, ever. */
  get hasLost(): boolean {
    return this.#hasLost
  }

  /** What was lost of which the controller has not heard. */
  get lost(): Loss {
    return this.#lost
  }

  /** Somebody puts an empty disk in. @param number Of the disk. */
  emptyDisk(number: number): void {
    this.#plugged = plugIn(number)
    this.#lost = 'everything'
    this.#hasLost = true
  }

  /** @param keepOf Of what was not flushed, how much is there all the same, 0 to 1. */
  losePower(keepOf: (topic: string) => number): void {
    this.#boots++
    for (const [topic, replica] of this.#plugged.replicas) replica.losePower(keepOf(topic))
    if (this.#lost === 'nothing') this.#lost = 'unflushed'
    this.#hasLost = true
  }

  /** A process begins, and finds out how the last one ended. */
  begin(): Return {
    const { replicas, ground } = this.#plugged
    const logs = [...replicas.values()].map((replica) => {
      replica.flush()
      const { records, checkpoint } = replica
      return { logEndOffset: records.length, highWatermark: checkpoint, isFlushed: true }
    })
    const judged = judgeReturn({ cleanBrokerEpoch: undefined, ground }, this.#ground, logs)
    // Or one that ends before it has told so would make the next one look whole.
    if (judged === 'unflushed-lost') this.#plugged = { ...this.#plugged, ground: undefined }
    return judged
  }

  /** It acts on its registration: the controller knows what was lost. */
  registered(): void {
    this.#plugged = { ...this.#plugged, ground: this.#ground }
    this.#lost = 'nothing'
  }

  get #ground(): Ground {
    return { bootId: `${this.#number} ${this.#boots}`, device: this.directoryId }
  }
}

type Plugged = {
  readonly disk: SimulatedDisk
  readonly directoryId: string
  readonly replicas: ReadonlyMap<string, ReplicaDisk>
  readonly ground: Ground | undefined
}

function plugIn(number: number): Plugged {
  return {
    disk: new SimulatedDisk(number, { later: 'held' }),
    directoryId: Buffer.alloc(16, `disk ${number}`).toString('base64url'),
    replicas: new Map(dataTopics.map(({ name }) => [name, new ReplicaDisk()])),
    ground: undefined,
  }
}
