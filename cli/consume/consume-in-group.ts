import type { Clock } from '../../lib/clock.ts'
import { counted } from '../../lib/wording.ts'
import type { Cluster } from '../client/cluster.ts'
import { Consumer } from '../client/consume/consumer.ts'
import type { GroupReading } from '../client/group/committed-reading.ts'
import { Coordinator } from '../client/group/coordinator.ts'
import { GroupMember } from '../client/group/group-member.ts'
import { partitionCounts } from '../client/partition-counts.ts'
import type { WatchedTopic } from '../client/watched-topic.ts'
import type { ConsumeArguments } from './arguments.ts'
import type { Printer } from './printer.ts'

export type ConsumeWork = {
  readonly options: ConsumeArguments
  readonly cluster: Cluster
  readonly topic: WatchedTopic
  readonly clock: Clock
  readonly printer: Printer
  /** Aborted when somebody interrupts, or none came for too long. */
  readonly stopped: AbortSignal
  readonly warn: (line: string) => void
}

type GroupWork = ConsumeWork & {
  /** To a person who sits in front of it. */
  readonly say: (line: string) => void
}

/**
 * Prints the records of those partitions that are this member's, as long as they are.
 *
 * @throws {ClientError}
 */
export async function consumeInGroup(group: string, work: GroupWork): Promise<void> {
  const { options, cluster, clock, warn, stopped } = work
  const coordinator = new Coordinator({ cluster, clock, group, topic: options.topic })
  const reading = new PrintedReading(work)
  const countPartitions = (topics: readonly string[]) => partitionCounts(cluster, topics)
  const parts = { group, coordinator, clock, reading, countPartitions, warn }
  const done = AbortSignal.any([stopped, reading.done, reading.failed])
  await new GroupMember(parts).run(done)
  reading.failed.throwIfAborted()
}

/** What is assigned, read by a consumer of its own each time. */
class PrintedReading implements GroupReading {
  private readonly work: GroupWork
  private readonly first: readonly number[]
  private readonly enough = new AbortController()
  private readonly failing = new AbortController()
  private consumer: Consumer | undefined

  constructor(work: GroupWork) {
    this.work = work
    this.first = work.topic.now.partitions.map(({ id }) => id)
  }

  /** Aborted when there is nothing more to read. */
  get done(): AbortSignal {
    return this.enough.signal
  }

  /** Aborted with what went wrong. */
  get failed(): AbortSignal {
    return this.failing.signal
  }

  get offsets(): ReadonlyMap<number, number> {
    return this.consumer?.offsets ?? new Map()
  }

  begin(partitions: readonly number[], offsets: ReadonlyMap<number, number>): void {
    const { options, printer, say, ...reads } = this.work
    printer.awaitMore()
    say(sharesIn(partitions, options.topic))
    const consumer = new Consumer({
      ...options,
      ...reads,
      partitions,
      offsets,
      first: this.first,
      maxRecords: options.maxMessages - printer.count,
      onRecords: (...got) => printer.print(...got),
    })
    this.consumer = consumer
    void this.follow(consumer)
  }

  async end(): Promise<void> {
    this.consumer?.stop()
    await this.consumer?.settle()
  }

  private async follow(consumer: Consumer): Promise<void> {
    try {
      await consumer.run()
      if (consumer.isDone) this.enough.abort()
    } catch (error) {
      this.failing.abort(error)
    }
  }
}

function sharesIn(partitions: readonly number[], topic: string): string {
  if (partitions.length === 0)
    return `reads nothing of topic '${topic}': others have all partitions`
  const numbers = partitions.toSorted((a, b) => a - b).join(', ')
  return `reads ${counted(partitions.length, 'partition')} of topic '${topic}': ${numbers}`
}
