import type { Decision } from '../../../../broker/coordinator/decision.ts'
import { appendErrorFor } from '../../../../broker/coordinator/group/append-error.ts'
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

/** What became of an append: `lost` says that it failed, though the log has it. */
type Outcome = 'committed' | { readonly refused: ErrorCode } | { readonly lost: ErrorCode }

/** What becomes of appends from now on: `held` is in the log, but not committed; `queued` not even that. */
export type Appends = Outcome | 'held' | 'queued'

type Held = { end: (outcome: Outcome) => void; drop: () => void; isQueued: boolean }

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
  /** Of this incarnation: what the one before has under way touches nothing any more. */
  private port: { isOpen: boolean } = { isOpen: true }
  private readonly held: Held[] = []
  /** How many appends failed. */
  failures = 0
  private readonly settings: GroupSettings
  private ids = 0

  constructor(settings: Partial<GroupSettings> = {}, clock = new ManualClock()) {
    this.clock = clock
    this.settings = { ...defaults, ...settings }
    this.groups = this.open()
  }

  /** Carries a decision out, as the coordinator's runtime does. @throws {KafkaError} */
  async execute<R>(decide: (groups: ClassicGroups) => Decision<R>): Promise<R> {
    const { records, response, committed, failed } = decide(this.groups)
    if (records.length === 0) return response
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const fail = (code: ErrorCode) => {
      this.failures += 1
      failed?.(new KafkaError(code, 'so the test wants it'))
      // Those who wait are told by whoever decided.
      if (response instanceof Promise) resolve()
      else reject(new KafkaError(appendErrorFor(code), 'it was not written'))
    }
    const commit = (outcome: Outcome) => {
      if (typeof outcome === 'object')
        return fail('lost' in outcome ? outcome.lost : outcome.refused)
      committed?.()
      resolve()
    }
    const append = (outcome: Outcome) => {
      if (typeof outcome === 'object' && 'refused' in outcome) return fail(outcome.refused)
      for (const record of records) this.append(record)
      commit(outcome)
    }
    // Nothing gets into the log, or is committed, before what was decided before it.
    const { appends } = this
    if (appends === 'queued' || this.held.some(({ isQueued }) => isQueued)) {
      const end = (outcome: Outcome) => append(typeof appends === 'object' ? appends : outcome)
      this.held.push({ end, drop: resolve, isQueued: true })
    } else if (appends === 'held' || this.held.length > 0) {
      for (const record of records) this.append(record)
      this.held.push({ end: commit, drop: resolve, isQueued: false })
    } else append(appends)
    await promise
    return response
  }

  /** What became of all that was held or queued, in its order. */
  release(outcome: Outcome = 'committed'): void {
    this.appends = 'committed'
    for (const { end } of this.held.splice(0)) end(outcome)
  }

  get isHolding(): boolean {
    return this.held.length > 0
  }

  /** The broker is killed and comes back: what is held is in the log, what is queued is not. */
  crash(settings: Partial<GroupSettings> = {}): void {
    this.port.isOpen = false
    this.groups.unload(new KafkaError('NOT_COORDINATOR', 'the broker was killed'))
    for (const { drop } of this.held.splice(0)) drop()
    Object.assign(this.settings, settings)
    this.groups = this.open()
  }

  private append(record: CoordinatorRecord): void {
    if (record.type !== 'GroupMetadata') throw new Error('that is of somebody else')
    const stored = throughBytes(record)
    this.log.push(stored)
    this.onAppended(stored)
    this.groups.replay(stored)
  }

  private open(): ClassicGroups {
    const { clock, settings } = this
    const port = { isOpen: true }
    this.port = port
    const random = { below: () => 0, bytes: (count: number) => this.nextId(count) }
    const run = (decide: () => Decision<void>) => {
      if (port.isOpen) this.execute(decide).catch(() => {})
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
