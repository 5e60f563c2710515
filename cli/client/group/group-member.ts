import { type Clock, sleep } from '../../../lib/clock.ts'
import { answerError, ClientError, isTransient, TransientError } from '../client-error.ts'
import { backoffMs, patiently } from '../patience.ts'
import { maxAgeMs } from '../watched-topic.ts'
import type { Subscriber } from './assign-range.ts'
import { CommittedReading, type GroupReading } from './committed-reading.ts'
import type { Coordinator } from './coordinator.ts'
import { type GroupEvent, type Membership, newMembership, nextMembership } from './membership.ts'
import { type SharedOut, shareOut } from './share-out.ts'

type GroupMemberOptions = {
  readonly group: string
  readonly coordinator: Pick<Coordinator, keyof Coordinator>
  readonly clock: Clock
  readonly reading: GroupReading
  /** How many partitions topics have; those that are not there are left out. */
  readonly countPartitions: (topics: readonly string[]) => Promise<ReadonlyMap<string, number>>
  /** What goes wrong and is tried again. */
  readonly warn: (line: string) => void
}

/** A member of a group, from joining to leaving: it does what its membership says is next. */
export class GroupMember {
  private readonly options: GroupMemberOptions
  private readonly reading: CommittedReading
  private membership: Membership
  private stopped = new AbortController().signal
  private awaitsOthers = false
  /** In this generation. */
  private assigned: readonly number[] = []
  private nextBeatMs = 0
  /** Of the leader: who the members are, and what was shared out among them. */
  private subscribers: readonly Subscriber[] | undefined
  private sharedOut: SharedOut | undefined
  private nextLookMs = 0

  constructor(options: GroupMemberOptions) {
    this.options = options
    this.reading = new CommittedReading(options)
    this.membership = newMembership(options.group)
  }

  /**
   * Settles once it has committed and left, after `stopped` was aborted.
   *
   * @throws {ClientError} It cannot be a member, or what was read could not be committed.
   */
  async run(stopped: AbortSignal): Promise<void> {
    const { coordinator } = this.options
    this.stopped = stopped
    const interrupt = () => {
      if (this.awaitsOthers) coordinator.close() // they may take minutes
    }
    stopped.addEventListener('abort', interrupt)
    try {
      while (!stopped.aborted) await this.goOn()
    } finally {
      stopped.removeEventListener('abort', interrupt)
      try {
        await this.leave()
      } finally {
        coordinator.close()
      }
    }
  }

  private async goOn(): Promise<void> {
    const { stopped } = this
    const before = this.membership.failures
    const event = await this.tryStep()
    if (stopped.aborted && event.type === 'lost') return
    this.membership = nextMembership(this.membership, event)
    const { failures, trouble } = this.membership
    if (failures <= before) return
    // A group that is new, or loaded, is a matter of a second.
    if (trouble !== undefined && failures > quietFailures) this.options.warn(trouble)
    await sleep(this.options.clock, backoffMs(failures - 1), stopped)
  }

  private async tryStep(): Promise<GroupEvent> {
    try {
      switch (this.membership.next) {
        case 'find':
          return await this.find()
        case 'join':
          return await this.join()
        case 'sync':
          return await this.sync()
        case 'stay':
          return await this.stay()
      }
    } catch (error) {
      if (!isTransient(error)) throw error
      return { type: 'lost', why: error.message }
    }
  }

  private async find(): Promise<GroupEvent> {
    await this.options.coordinator.find()
    return { type: 'found' }
  }

  /** What it has is somebody else's from then on: eager, as the range assignor is. */
  private async join(): Promise<GroupEvent> {
    await this.giveBack()
    const { coordinator } = this.options
    const { memberId: known } = this.membership
    const joined = await this.withOthers(() => coordinator.join(known))
    const { errorCode, memberId, generationId } = joined
    if (errorCode !== 0) return { type: 'refused', code: errorCode, memberId }
    this.subscribers = joined.subscribers
    return { type: 'joined', memberId, generationId }
  }

  private async giveBack(): Promise<void> {
    const { reading } = this
    const { warn, group } = this.options
    if (!reading.isOn) return
    await reading.end()
    if (this.membership.generationId >= 0) {
      const code = await reading.commit(this.membership)
      if (code !== 0) warn(answerError(code, 'what was read last is read again').message)
    } else if (reading.moved().size > 0) {
      // Others have the partitions, perhaps, and have come further.
      warn(`group '${group}' went on without this member: what was read last is read again`)
    }
  }

  private async sync(): Promise<GroupEvent> {
    const { coordinator, countPartitions, clock } = this.options
    this.sharedOut = this.subscribers && (await shareOut(this.subscribers, countPartitions))
    this.nextLookMs = clock.monotonicMs() + maxAgeMs
    const assignments = this.sharedOut?.assignments ?? new Map<string, Uint8Array>()
    const ask = () => coordinator.sync(this.membership, assignments)
    const { errorCode, partitions } = await this.withOthers(ask)
    if (errorCode !== 0) return { type: 'refused', code: errorCode }
    this.assigned = partitions
    return { type: 'synced' }
  }

  /** What is answered once all members have asked. */
  private async withOthers<T>(ask: () => Promise<T>): Promise<T> {
    if (this.stopped.aborted) throw new TransientError('stopped')
    this.awaitsOthers = true
    try {
      return await ask()
    } finally {
      this.awaitsOthers = false
    }
  }

  private async stay(): Promise<GroupEvent> {
    const { stopped, reading } = this
    const { coordinator, clock } = this.options
    if (reading.isOn) await sleep(clock, this.nextBeatMs - clock.monotonicMs(), stopped)
    if (stopped.aborted) return { type: 'stayed' }
    this.nextBeatMs = clock.monotonicMs() + heartbeatIntervalMs
    const beat = await coordinator.heartbeat(this.membership)
    if (beat !== 0) return { type: 'refused', code: beat }
    if (await this.isOutdated()) return { type: 'outdated' }
    const code = reading.isOn
      ? await reading.commit(this.membership)
      : await reading.begin(this.assigned)
    return code === 0 ? { type: 'stayed' } : { type: 'refused', code }
  }

  /** The leader looks for partitions that came meanwhile, as often as other clients ask for metadata. */
  private async isOutdated(): Promise<boolean> {
    const { sharedOut, nextLookMs } = this
    const { clock, countPartitions } = this.options
    if (sharedOut === undefined || clock.monotonicMs() < nextLookMs) return false
    this.nextLookMs = clock.monotonicMs() + maxAgeMs
    return !sharedOut.isOf(await countPartitions(sharedOut.topics))
  }

  /** @throws {ClientError} What was read is not committed. */
  private async leave(): Promise<void> {
    const { clock, group } = this.options
    try {
      if (!this.reading.isOn) return
      await this.reading.end()
      await patiently({ clock, patienceMs: leavePatienceMs }, () => this.commitLast())
    } catch (error) {
      if (!(error instanceof ClientError)) throw error
      const message = `what group '${group}' read last is read again: ${error.message}`
      throw new ClientError(message, { cause: error })
    } finally {
      await this.sayGoodbye()
    }
  }

  private async commitLast(): Promise<void> {
    const { coordinator, group } = this.options
    if (this.reading.moved().size === 0) return
    if (!coordinator.isFound) await coordinator.find()
    const code = await this.reading.commit(this.membership)
    if (code === 0) return
    const error = answerError(code, `group '${group}'`)
    if (isTransient(error)) coordinator.close() // it may be another one by now
    throw error
  }

  /** So that others need not wait for its session to end; without an answer they do. */
  private async sayGoodbye(): Promise<void> {
    const { coordinator } = this.options
    const { memberId } = this.membership
    if (memberId === '') return
    try {
      if (!coordinator.isFound) await coordinator.find()
      await coordinator.leave(memberId)
    } catch (error) {
      if (!isTransient(error) && !(error instanceof ClientError)) throw error
    }
  }
}

const heartbeatIntervalMs = 3_000 // heartbeat.interval.ms
const leavePatienceMs = 10_000
const quietFailures = 4
