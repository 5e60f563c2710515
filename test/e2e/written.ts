import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ClientName, ClientProcess } from '../../bench/failover/client-process.ts'
import { longestGapMs } from '../../bench/failover/gaps.ts'
import { judge } from '../../bench/failover/judge.ts'
import { Partition } from '../../bench/failover/partition.ts'
import { readBack } from '../../bench/failover/read-back.ts'
import { monotonicMs } from '../../bench/failover/until.ts'
import { type BrokerPod, brokerAddresses } from './broker-pods.ts'
import { byNode } from './clients.ts'

export type Writer = {
  readonly client: ClientName
  /** By the client's own names. */
  readonly settings: Readonly<Record<string, string>>
  /** Where it is. */
  readonly node: string
}

/** A partition of a topic of its own that a producer writes to, until it is ended and all is read back. */
export class Written {
  readonly partition: Partition
  readonly #writer: Writer
  #process: ClientProcess | undefined

  private constructor(partition: Partition, writer: Writer) {
    this.partition = partition
    this.#writer = writer
  }

  /** @param on Who has replicas; the first leads. */
  static async create(on: readonly BrokerPod[], writer: Writer): Promise<Written> {
    topics += 1
    const topic = `failover-${process.pid}-${topics}`
    const ids = on.map(({ id }) => id)
    const partition = await Partition.create(brokerAddresses(), topic, ids)
    await partition.settled()
    return new Written(partition, writer)
  }

  /** Begins to write. */
  start(): void {
    const { client, settings, node } = this.#writer
    this.#process = new ClientProcess(client, { ...this.#place(), settings, by: byNode(node) })
  }

  /** Waits until it writes and all replicas are in sync. @returns The id of the leader. */
  async recovered(): Promise<number> {
    const leader = await this.partition.settled()
    await this.goesOn()
    return leader
  }

  /** Waits until a record is acknowledged that is sent from now on. */
  async goesOn(): Promise<void> {
    if (await this.#client.isAckedAgain(patienceMs)) return
    throw new Error(`nothing is acknowledged for ${patienceMs / 1_000} s`)
  }

  /** The longest time between two acknowledgements from then until now. */
  longestGapMs(fromMs: number): number {
    return longestGapMs(this.#client.acks, { fromMs, toMs: monotonicMs() })
  }

  /** When the first record of all was acknowledged. */
  async firstAckMs(): Promise<number> {
    await this.goesOn()
    return this.#client.acks[0]?.ackedMs ?? Number.NaN
  }

  /** Ends it. @returns How many were acknowledged: all are there, once, in order. */
  async judged(): Promise<number> {
    const sent = await this.#client.end()
    const { acks, failures } = this.#client
    const { client, node } = this.#writer
    const read = await readBack(client, { ...this.#place(), by: byNode(node) })
    const acked = acks.map(({ number }) => number)
    assert.deepEqual(judge(acked, read), { lost: 0, twice: 0, disordered: 0 })
    assert.deepEqual(failures, [])
    assert.equal(acks.length, sent)
    return acks.length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process?.[Symbol.asyncDispose]()
  }

  get #client(): ClientProcess {
    if (this.#process === undefined) throw new Error('nobody writes yet')
    return this.#process
  }

  #place() {
    return { bootstrapServers: 'demo-kafka-plain:9092', topic: this.partition.topic }
  }
}

/** So that nobody's timers are in step with what is done next. */
export function aWhile(): Promise<void> {
  return sleep(Math.random() * 2_000)
}

let topics = 0
/** More than what any client takes to give up a request. */
const patienceMs = 200_000
