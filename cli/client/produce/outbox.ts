import type { RecordInput } from '../../../broker/protocol/records/write-record.ts'
import type { Random } from '../../../lib/random.ts'
import type { Topic } from '../topic.ts'
import { PartitionQueue, sizeOf } from './partition-queue.ts'
import { partitionOfKey, StickyPartitioner } from './partitioner.ts'

/** What is not delivered yet, by partition. */
export class Outbox {
  /** About as many bytes as it all takes on the wire, before compression. */
  sizeBytes = 0
  private readonly partition: number | undefined
  private readonly sticky: StickyPartitioner
  private readonly queues = new Map<number, PartitionQueue>()

  /** @param options.partition Of all records, whatever their keys. */
  constructor({ partition, random }: { partition: number | undefined; random: Random }) {
    this.partition = partition
    this.sticky = new StickyPartitioner(random)
  }

  add(record: RecordInput, topic: Topic, nowMs: number): void {
    this.queueFor(record, topic).add(record, nowMs)
    this.sizeBytes += sizeOf(record)
  }

  /**
   * What is to be sent by now: for each leader, as much as one request takes.
   *
   * @returns Undefined is the leader of those that have none.
   */
  due(topic: Topic, nowMs: number): Map<number | undefined, PartitionQueue[]> {
    const leaders = new Map(topic.partitions.map(({ id, leader }) => [id, leader]))
    const due = [...this.queues.values()].filter((queue) => queue.isDue(nowMs))
    const byLeader = Map.groupBy(due, ({ partition }) => leaders.get(partition))
    return new Map([...byLeader].map(([leader, queues]) => [leader, inOneRequest(queues)]))
  }

  /** Whether something will be due by time alone. */
  isLingering(nowMs: number): boolean {
    return [...this.queues.values()].some((queue) => queue.isLingering(nowMs))
  }

  /** The first batch of a partition is delivered. @returns How many records it had. */
  took(queue: PartitionQueue): number {
    const { records, sizeBytes } = queue.shift()
    this.sizeBytes -= sizeBytes
    return records.length
  }

  /** What was held may be sent again. */
  release(): void {
    for (const queue of this.queues.values()) queue.isHeld = false
  }

  private queueFor(record: RecordInput, topic: Topic): PartitionQueue {
    if (this.partition !== undefined) return this.queue(this.partition)
    if (record.key !== null) return this.queue(partitionOfKey(record.key, topic))
    return this.queue(this.sticky.choose(topic, (id) => this.queue(id).fits(record)))
  }

  private queue(partition: number): PartitionQueue {
    let queue = this.queues.get(partition)
    if (queue === undefined) {
      queue = new PartitionQueue(partition)
      this.queues.set(partition, queue)
    }
    return queue
  }
}

/** The first, and others while they fit. */
function inOneRequest([first, ...others]: readonly PartitionQueue[]): PartitionQueue[] {
  if (first === undefined) return []
  let sizeBytes = first.first?.sizeBytes ?? 0
  return [
    first,
    ...others.filter((queue) => {
      const batchBytes = queue.first?.sizeBytes ?? 0
      if (sizeBytes + batchBytes > maxRequestBytes) return false
      sizeBytes += batchBytes
      return true
    }),
  ]
}

const maxRequestBytes = 2 ** 20 // max.request.size, which here bounds no record
