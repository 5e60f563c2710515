import { setTimeout as sleep } from 'node:timers/promises'
import { judge, type Verdict } from '../../bench/failover/judge.ts'
import { patientKafka } from './patient-kafka.ts'
import { valuesIn } from './read-values.ts'

/**
 * Sends numbers to each partition of a topic, in their order, idempotent and with acks=all, until it is ended.
 * It tries for as long as it takes: what a partition has to say of it is a failure.
 */
export class EndlessProducer {
  /** Why something was not acknowledged in the end. */
  readonly failures: unknown[] = []
  private readonly bootstrapServers: string
  private readonly topic: string
  /** How many of each partition are acknowledged. */
  private readonly acknowledged: number[]
  private readonly sending: Promise<unknown>
  private isEnded = false

  constructor(
    bootstrapServers: string,
    { topic, partitions }: { topic: string; partitions: number },
  ) {
    this.bootstrapServers = bootstrapServers
    this.topic = topic
    this.acknowledged = Array(partitions).fill(0)
    // One for each: kafkajs forgets what it has to send again to a leader that took something else of the same
    // send before.
    this.sending = Promise.all(this.acknowledged.map((_, partition) => this.send(partition)))
  }

  /** Of each partition. */
  get counts(): readonly number[] {
    return this.acknowledged
  }

  /** Waits until more of each partition is acknowledged than just now. */
  async more(count = 50): Promise<void> {
    const wanted = this.acknowledged.map((own) => own + count)
    const endMs = performance.now() + 20_000
    while (this.acknowledged.some((own, partition) => own < (wanted[partition] ?? 0))) {
      if (performance.now() > endMs || this.failures.length > 0) {
        throw new Error(`nothing is acknowledged: ${this.acknowledged}`, { cause: this.failures })
      }
      await sleep(5)
    }
  }

  /** What became of all that it has sent. */
  async verdict(): Promise<Verdict> {
    await this.end()
    const [anyBroker = ''] = this.bootstrapServers.split(',')
    const read = (await valuesIn(anyBroker, this.topic)).map((value) => value.split(' '))
    const verdicts = this.acknowledged.map((count, partition) => {
      const own = read.filter(([first]) => first === `${partition}`)
      return judge(
        Array(count).keys(),
        own.map(([, number]) => Number(number)),
      )
    })
    return verdicts.reduce((all, one) => ({
      lost: all.lost + one.lost,
      twice: all.twice + one.twice,
      disordered: all.disordered + one.disordered,
    }))
  }

  async end(): Promise<void> {
    this.isEnded = true
    await this.sending
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end()
  }

  private async send(partition: number): Promise<void> {
    const producer = patientKafka(this.bootstrapServers, 'endless').producer({ idempotent: true })
    try {
      await producer.connect()
      while (!this.isEnded) {
        const first = this.acknowledged[partition] ?? 0
        const messages = Array.from({ length: perSend }, (_, index) => {
          return { partition, value: `${partition} ${first + index}` }
        })
        await producer.send({ topic: this.topic, messages, acks: -1 })
        this.acknowledged[partition] = first + perSend
      }
    } catch (error) {
      this.failures.push(error)
    } finally {
      await producer.disconnect()
    }
  }
}

const perSend = 5
