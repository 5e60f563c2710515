import type { Clock } from '../../lib/clock.ts'

export type Deletion = {
  readonly topic: string
  readonly partition: number
  readonly topicId: string
}

export type PendingDeletionsOptions = {
  readonly clock: Pick<Clock, 'turn'>
  /** Takes the data of one partition away. */
  readonly delete: (deletion: Deletion) => void
  /** Our own mistake. */
  readonly onFatal: (error: unknown) => void
}

/**
 * Data of partitions that were removed, which goes a few at a time: each costs a millisecond of the
 * disk, and a topic may have thousands. Nothing is lost if the process ends meanwhile: the metadata
 * log knows that the topic was removed.
 */
export class PendingDeletions {
  readonly #options: PendingDeletionsOptions
  readonly #pending = new Map<string, Deletion>()
  #isRunning = false

  constructor(options: PendingDeletionsOptions) {
    this.#options = options
  }

  add(deletion: Deletion): void {
    this.#pending.set(keyOf(deletion), deletion)
    if (this.#isRunning) return
    this.#isRunning = true
    this.#run().catch(this.#options.onFatal)
  }

  /** Its place is needed now, for a topic that was made anew under the name. */
  finish(place: Pick<Deletion, 'topic' | 'partition'>): void {
    const key = keyOf(place)
    const deletion = this.#pending.get(key)
    if (deletion === undefined) return
    this.#pending.delete(key)
    this.#options.delete(deletion)
  }

  /** What has not gone yet goes at the next start. */
  stop(): void {
    this.#pending.clear()
  }

  async #run(): Promise<void> {
    while (this.#pending.size > 0) {
      await this.#options.clock.turn()
      let left = deletionsATurn
      for (const deletion of this.#pending.values()) {
        this.finish(deletion)
        left -= 1
        if (left === 0) break
      }
    }
    this.#isRunning = false
  }
}

/** A turn of the event loop is to be short for those who produce. */
const deletionsATurn = 8

function keyOf({ topic, partition }: Pick<Deletion, 'topic' | 'partition'>): string {
  return `${topic}-${partition}`
}
