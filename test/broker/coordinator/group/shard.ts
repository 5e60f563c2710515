import type { Decision } from '../../../../broker/coordinator/decision.ts'
import { ClassicGroups } from '../../../../broker/coordinator/group/classic-groups.ts'
import {
  type GroupSettings,
  groupSettingsOf,
} from '../../../../broker/coordinator/group/settings.ts'
import type { CoordinatorRecord } from '../../../../broker/coordinator/records.ts'
import { decode, encode } from '../../../../broker/protocol/codec/codec.ts'
import { KafkaError } from '../../../../broker/protocol/errors.ts'
import { GroupMetadataValue } from '../../../../broker/protocol/generated/group-records.ts'
import { silentLogger } from '../../../../lib/logger.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { toBytes } from '../../../support/parts.ts'

export type GroupRecord = Extract<CoordinatorRecord, { type: 'GroupMetadata' }>
export type ErrorCode = KafkaError['code']

/** What becomes of an append: `lost` says that it failed, though the log has it. */
type Outcome = 'committed' | { readonly refused: ErrorCode } | { readonly lost: ErrorCode }

/** What becomes of appends from now on: what is `held` is in the log, but not committed. */
export type Appends = Outcome | 'held'

const defaults = groupSettingsOf(new Map())

/**
 * One partition of `__consumer_offsets` and the groups in it, without a broker: appends are in the log
 * at once, and committed when the test says so. A crash keeps what is in the log, and nothing else.
 */
export class Shard {
  readonly clock: ManualClock
  readonly log: GroupRecord[] = []
  groups: ClassicGroups
  appends: Appends = 'committed'
  onAppended: (record: GroupRecord) => void = () => {}
  /** How many appends were refused. */
  refused = 0
  /** Of this incarnation: what the one before has under way touches nothing any more. */
  private port = { isOpen: true }
  /** Settles once all that is in the log is committed. */
  private committed: Held = held()
  private readonly settings: GroupSettings
  private ids = 0

  constructor(settings: Partial<GroupSettings> = {}, clock = new ManualClock()) {
    this.clock = clock
    this.settings = { ...defaults, ...settings }
    this.committed.resolve()
    this.groups = this.open()
  }

  /**
   * Carries a decision out, as the coordinator's runtime does: nobody is told anything before all that
   * it may follow from is committed.
   *
   * @throws {KafkaError}
   */
  async execute<R>(decide: (groups: ClassicGroups) => Decision<R>): Promise<R> {
    const { records, response, failed } = decide(this.groups)
    const fail = (error: unknown) => {
      failed?.(error as KafkaError)
      return error
    }
    if (records.length > 0) this.append(records, fail)
    const { promise } = this.committed
    await promise.catch((error: unknown) => {
      throw fail(error)
    })
    const settled = await response
    await this.committed.promise
    return settled
  }

  /** What becomes of all that is held. */
  release(outcome: Outcome = 'committed'): void {
    this.appends = 'committed'
    this.end(this.committed, outcome)
  }

  private end(committed: Held, outcome: Outcome): void {
    if (committed === this.committed) {
      this.committed = held()
      this.committed.resolve()
    }
    if (typeof outcome === 'object') committed.reject(problem(outcome))
    else committed.resolve()
  }

  /** The broker is killed and comes back: what is held is in the log. */
  crash(settings: Partial<GroupSettings> = {}): void {
    this.port.isOpen = false
    this.groups.unload(new KafkaError('NOT_COORDINATOR', 'the broker was killed'))
    this.release({ lost: 'NOT_COORDINATOR' })
    Object.assign(this.settings, settings)
    this.groups = this.open()
  }

  private append(records: readonly CoordinatorRecord[], fail: (error: unknown) => unknown): void {
    const { appends } = this
    if (typeof appends === 'object' && 'refused' in appends) {
      this.refused += 1
      throw fail(problem(appends))
    }
    this.committed = held(this.committed)
    for (const record of records) {
      if (record.type !== 'GroupMetadata') throw new Error('that is of somebody else')
      const stored = throughBytes(record)
      this.log.push(stored)
      this.onAppended(stored)
      this.groups.replay(stored)
    }
    const { committed } = this
    if (appends === 'committed') committed.resolve()
    // Others have heard of it by then, and wait for the same.
    if (typeof appends === 'object') void this.clock.turn().then(() => this.end(committed, appends))
  }

  private open(): ClassicGroups {
    const { clock, settings } = this
    const port = { isOpen: true }
    this.port = port
    const random = { below: () => 0, bytes: (count: number) => this.nextId(count) }
    const run = (decide: () => Decision<void>) => {
      if (!port.isOpen) return
      this.execute(decide).catch((error: unknown) => {
        if (!(error instanceof KafkaError)) throw error // and the test fails
      })
    }
    const services = { clock, random, settings, port: { run }, log: silentLogger }
    const groups = new ClassicGroups(services)
    for (const record of this.log) groups.replay(record)
    groups.loaded()
    return groups
  }

  /** Member ids are counted, so that a test can be read. */
  private nextId(count: number): Uint8Array {
    this.ids += 1
    const bytes = Buffer.alloc(count)
    bytes.writeUInt32BE(this.ids, count - 4)
    return bytes
  }
}

type Held = PromiseWithResolvers<void>

/** What is appended behind something is committed with it, or later. */
function held(before?: Held): Held {
  const own = Promise.withResolvers<void>()
  own.promise.catch(() => {}) // nobody may wait
  if (before !== undefined) {
    own.promise.then(before.resolve, before.reject)
  }
  return own
}

function problem(outcome: Exclude<Outcome, 'committed'>): KafkaError {
  return new KafkaError('lost' in outcome ? outcome.lost : outcome.refused, 'so the test wants it')
}

/** A record as it comes back from the log, in the version that Kafka 4.3.1 writes. */
function throughBytes({ type, group, value }: GroupRecord): GroupRecord {
  if (value === null) return { type, group, value }
  const bytes = toBytes(encode(GroupMetadataValue, 3, value))
  return { type, group, value: decode(GroupMetadataValue, 3, bytes) }
}

/** `a#7` for the member id that was given out seventh, to `a`. */
export function short(memberId: string): string {
  return memberId.replace(/-00000000-0000-4000-8000-0*([0-9a-f]+)$/, (_, hex: string) => {
    return `#${Number.parseInt(hex, 16)}`
  })
}
