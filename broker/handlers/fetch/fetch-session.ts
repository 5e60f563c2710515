import { PartitionMap } from '../../log/data-directory/partition-map.ts'
import { textOf, type Wanted } from './wanted.ts'

/** What is answered for a partition that a session has to know to tell what is new. */
export type Told = {
  readonly errorCode: number
  readonly highWatermark: number
  readonly logStartOffset: number
  readonly sizeBytes: number
  readonly divergingEpoch: unknown
}

type Member = { wanted: Wanted; highWatermark: number; logStartOffset: number }

/** A partition by the name or the id of its topic. */
export type Forgotten = { readonly topic: string; readonly partition: number }

/**
 * What one client reads again and again, so that it need not say all of it each time, nor be told of
 * what has not changed (KIP-227). It knows no time and no other session.
 */
export class FetchSession {
  readonly id: number
  readonly createdMs: number
  readonly usesTopicIds: boolean
  /** A follower, whose session is worth more. */
  readonly isPrivileged: boolean
  /** That of the next request. */
  epoch = 1
  lastUsedMs: number
  private readonly members = new PartitionMap<Member>()
  /** In the order in which they are read: whoever had something goes to the end. */
  private readonly order = new Set<Member>()

  constructor(id: number, own: { nowMs: number; usesTopicIds: boolean; isPrivileged: boolean }) {
    this.id = id
    this.createdMs = own.nowMs
    this.lastUsedMs = own.nowMs
    this.usesTopicIds = own.usesTopicIds
    this.isPrivileged = own.isPrivileged
  }

  get size(): number {
    return this.order.size
  }

  /** What is to be read now. */
  wanted(): Wanted[] {
    return Array.from(this.order, ({ wanted }) => wanted)
  }

  /** Takes what a request says anew, and forgets what it does not want any more. */
  update(wanted: readonly Wanted[], forgotten: readonly Forgotten[]): void {
    for (const own of wanted) {
      const member = this.members.get(keyOf(own))
      if (member === undefined) this.add(own)
      else member.wanted = own
    }
    for (const own of forgotten) {
      const member = this.members.get(own)
      if (member === undefined) continue
      this.members.delete(own)
      this.order.delete(member)
    }
  }

  /**
   * Whether the client has to hear of what was read of a partition, which is taken as told then. After
   * an error it has to hear again, even if all is as it was before.
   */
  tell(wanted: Wanted, told: Told): boolean {
    const member = this.members.get(keyOf(wanted))
    if (member === undefined) return true
    const isNew =
      told.errorCode !== 0 ||
      told.sizeBytes > 0 ||
      told.divergingEpoch !== undefined ||
      told.highWatermark !== member.highWatermark ||
      told.logStartOffset !== member.logStartOffset
    member.highWatermark = told.highWatermark // -1 after an error
    member.logStartOffset = told.logStartOffset
    if (told.sizeBytes > 0) {
      this.order.delete(member)
      this.order.add(member)
    }
    return isNew
  }

  private add(wanted: Wanted): void {
    const member: Member = { wanted, highWatermark: unknown, logStartOffset: unknown }
    this.members.set(keyOf(wanted), member)
    this.order.add(member)
  }
}

const unknown = -1

function keyOf({ key, partition }: Wanted): Forgotten {
  return { topic: textOf(key), partition }
}
