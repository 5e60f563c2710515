import type { Clock } from '../../lib/clock.ts'
import type { DataDirectory } from '../log/data-directory/data-directory.ts'
import { StorageError } from '../log/storage-error.ts'

/** A topic that was removed, and how many partitions it had. */
export type RemovedLogs = { readonly id: string; readonly name: string; readonly count: number }

export type TopicDeletionsOptions = {
  readonly dataDirectory: Pick<DataDirectory, 'delete'>
  readonly clock: Pick<Clock, 'turn'>
  /** The disk did not take it: what is left is seen to at the next start. */
  readonly onFailed: (error: StorageError) => void
  readonly onFatal: (error: unknown) => void
}

/**
 * Deletes the logs of topics that are known to have been removed, a few in each turn of the event
 * loop: a topic may have thousands.
 */
export class TopicDeletions {
  private readonly options: TopicDeletionsOptions
  /** By the name of the topic; the first is under way. */
  private readonly queue = new Map<string, { topic: RemovedLogs; next: number }[]>()
  private isWorking = false
  private isStopped = false

  constructor(options: TopicDeletionsOptions) {
    this.options = options
  }

  add(topic: RemovedLogs): void {
    const own = { topic, next: 0 }
    const before = this.queue.get(topic.name)
    if (before === undefined) this.queue.set(topic.name, [own])
    else before.push(own)
    if (!this.isWorking) this.work().catch(this.options.onFatal)
  }

  /** Before another topic of that name gets a log: what is left of those before goes now. */
  finish(name: string): void {
    const all = this.queue.get(name)
    if (all === undefined) return
    this.queue.delete(name)
    for (const own of all) while (own.next < own.topic.count) this.deleteNext(own)
  }

  /** The next start finds what is left. */
  stop(): void {
    this.isStopped = true
    this.queue.clear()
  }

  private async work(): Promise<void> {
    this.isWorking = true
    for (let done = 1; ; done++) {
      const [name, all] = first(this.queue) ?? []
      if (name === undefined || all === undefined || this.isStopped) break
      const own = all[0]
      if (own === undefined) this.queue.delete(name)
      else if (own.next >= own.topic.count) all.shift()
      else this.deleteNext(own)
      if (done % partitionsPerTurn === 0) await this.options.clock.turn()
    }
    this.isWorking = false
  }

  private deleteNext(own: { topic: RemovedLogs; next: number }): void {
    const { id, name } = own.topic
    const partition = own.next
    own.next += 1
    try {
      this.options.dataDirectory.delete({ topic: name, partition, topicId: id, uniqueId: id })
    } catch (error) {
      if (!(error instanceof StorageError)) throw error
      this.options.onFailed(error)
    }
  }
}

function first<K, V>(map: ReadonlyMap<K, V>): readonly [K, V] | undefined {
  for (const entry of map) return entry
  return undefined
}

/** To remove a directory with a segment takes about 0.3 ms. */
const partitionsPerTurn = 16
