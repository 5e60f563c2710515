import { type Clock, sleep } from '../../../lib/clock.ts'
import type { Coordinator } from './coordinator.ts'
import type { Membership } from './membership.ts'

/** What is done with the partitions that are a member's. */
export type GroupReading = {
  /** @param committed By partition, where the group has been; others begin. */
  begin(partitions: readonly number[], committed: ReadonlyMap<number, number>): void
  /** By partition, what comes next after what was read. */
  readonly offsets: ReadonlyMap<number, number>
  /** Nothing more is read; settles once all that was is in `offsets`. */
  end(): Promise<void>
}

type CommittedReadingOptions = {
  readonly coordinator: Pick<Coordinator, 'committed' | 'commit'>
  readonly clock: Clock
  readonly reading: GroupReading
}

/** Reads the partitions of a member from where its group has been, and knows what is committed of that. */
export class CommittedReading {
  private readonly options: CommittedReadingOptions
  private committed = new Map<number, number>()
  private isBegun = false

  constructor(options: CommittedReadingOptions) {
    this.options = options
  }

  get isOn(): boolean {
    return this.isBegun
  }

  /** @returns An error code: then nothing is read. */
  async begin(assigned: readonly number[]): Promise<number> {
    const { coordinator, reading } = this.options
    const nothing = { errorCode: 0, offsets: new Map<number, number>() }
    const found = assigned.length === 0 ? nothing : await coordinator.committed(assigned)
    if (found.errorCode !== 0) return found.errorCode
    this.committed = new Map(found.offsets)
    this.isBegun = true
    reading.begin(assigned, found.offsets)
    return 0
  }

  /** What was read and is not committed. */
  moved(): Map<number, number> {
    const { offsets } = this.options.reading
    return new Map([...offsets].filter(([partition, at]) => this.committed.get(partition) !== at))
  }

  /** Commits what has moved. @returns An error code. */
  async commit(membership: Membership): Promise<number> {
    const moved = this.moved()
    if (moved.size === 0) return 0
    const code = await this.options.coordinator.commit(membership, moved)
    if (code === 0) for (const [partition, offset] of moved) this.committed.set(partition, offset)
    return code
  }

  async end(): Promise<void> {
    this.isBegun = false
    // What is written into a pipe that nobody empties is not read by anybody.
    const settled = new AbortController()
    const tooLong = sleep(this.options.clock, settleMs, settled.signal)
    await Promise.race([this.options.reading.end(), tooLong])
    settled.abort()
  }
}

const settleMs = 5_000
