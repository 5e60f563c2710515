import type { Clock } from '../../lib/clock.ts'
import { ClientError } from './client-error.ts'
import type { Cluster } from './cluster.ts'
import { patiently } from './patience.ts'
import { type Topic, topicIn } from './topic.ts'

type Options = {
  readonly cluster: Cluster
  readonly clock: Clock
  readonly name: string
  /** Whether a cluster that makes topics by itself is to make this one. */
  readonly mayBeMade: boolean
}

/** A topic as it was when the cluster was last asked. */
export class WatchedTopic {
  private readonly options: Options
  private topic: Topic
  private refreshedMs: number

  private constructor(options: Options, topic: Topic) {
    this.options = options
    this.topic = topic
    this.refreshedMs = options.clock.monotonicMs()
  }

  /**
   * @throws {ClientError} No broker can be reached, or there is no such topic. A topic that is just
   *   being made is not there at first, so this is not believed at once.
   */
  static async find(options: Options): Promise<WatchedTopic> {
    const { clock } = options
    const topic = await patiently({ clock, patienceMs: firstPatienceMs }, () => ask(options))
    return new WatchedTopic(options, topic)
  }

  get now(): Topic {
    return this.topic
  }

  /** metadata.max.age.ms has passed: there may be more partitions. */
  get isOld(): boolean {
    return this.options.clock.monotonicMs() - this.refreshedMs >= maxAgeMs
  }

  /** @throws {NetworkError | TransientError | ClientError} It stays as it was then. */
  async refresh(): Promise<void> {
    this.refreshedMs = this.options.clock.monotonicMs()
    this.topic = await ask(this.options)
  }

  /** @throws {ClientError} */
  checkHas(partition: number): void {
    const { name, partitions } = this.topic
    if (partitions.some(({ id }) => id === partition)) return
    const range = partitions.length === 1 ? 'only partition 0' : `0 to ${partitions.length - 1}`
    throw new ClientError(`topic '${name}' has no partition ${partition}: there is ${range}`)
  }
}

export const maxAgeMs = 300_000 // metadata.max.age.ms
const firstPatienceMs = 5_000

async function ask({ cluster, name, mayBeMade }: Options): Promise<Topic> {
  const answer = await cluster.ask('Metadata', {
    topics: [{ name }],
    allowAutoTopicCreation: mayBeMade,
  })
  cluster.learn(answer.brokers)
  return topicIn(answer, name)
}
