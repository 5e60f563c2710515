import type { Clock } from '../../lib/clock.ts'
import { invariant } from '../../lib/invariant.ts'
import type { Partition } from '../partition/partition.ts'
import { KafkaError } from '../protocol/errors.ts'
import { ProtocolError } from '../protocol/protocol-error.ts'
import { buildBatch } from '../protocol/records/build.ts'
import { headerSizeBytes } from '../protocol/records/layout.ts'
import { answerToFailedAppend } from './append-error.ts'
import type { CoordinatorState } from './coordinator-state.ts'
import type { CoordinatorPort, Decision } from './decision.ts'
import { type EncodedRecord, encodeCoordinatorRecord } from './record-codec.ts'
import type { CoordinatorRecord } from './records.ts'

export type ShardOptions = {
  /** Of `__consumer_offsets`. */
  readonly index: number
  readonly partition: Partition
  readonly clock: Clock
  /** How long records may take to be committed: `offsets.commit.timeout.ms`. */
  readonly commitTimeoutMs: number
  readonly makeState: (port: CoordinatorPort) => CoordinatorState
  /** The disk failed behind a decision, or at one: what is known here may not be what is in the log. */
  readonly onUncertain: () => void
  /** Our own mistake where nobody waits. */
  readonly onFatal: (error: unknown) => void
}

export type RunOptions = {
  /** The records need not be appended all or none, for there may be very many. */
  readonly inPieces?: boolean
}

/**
 * The groups of one partition of `__consumer_offsets` that is led here.
 *
 * Decisions are made one after the other, each on what those before it have left. The records of one
 * are appended together, and then replayed, in the same turn; it is answered once all that was
 * appended until then is committed. So nobody is told what a failover takes back.
 */
export class Shard {
  readonly state: CoordinatorState
  readonly #options: ShardOptions
  /** Behind what was appended last. What was loaded is committed, and need not be waited for. */
  #end = 0
  #isDeciding = false
  /** What was asked for while something else was decided. */
  readonly #waiting: (() => Decision<void>)[] = []
  #ended: KafkaError | undefined

  constructor(options: ShardOptions) {
    this.#options = options
    this.state = options.makeState({ run: (decide) => this.#runSoon(decide) })
  }

  get index(): number {
    return this.#options.index
  }

  /** All of the log was replayed into the state, and is committed: from here on it may be asked. */
  loaded(): void {
    this.state.membership.loaded()
  }

  /** It is not led here any more, or is loaded anew. Who waits hears of it. */
  unload(error: KafkaError): void {
    this.#ended = error
    this.#waiting.length = 0
    this.state.unload(error)
  }

  /**
   * Has a request carried out.
   *
   * @returns What it is answered with.
   * @throws {KafkaError} What `decide` throws, or what is answered where records were not appended
   *   or not committed in time.
   */
  async run<R>(
    decide: (state: CoordinatorState) => Decision<R>,
    options: RunOptions = {},
  ): Promise<R> {
    if (this.#ended !== undefined) throw this.#ended
    const decision = this.#carryOut(() => decide(this.state), options)
    const { response } = decision
    if (response instanceof Promise) response.catch(() => {}) // nobody may come to wait for it
    try {
      await this.#committed()
    } catch (error) {
      throw refused(decision, error)
    }
    if (!(response instanceof Promise)) return response
    const settled = await response
    // What it follows from was appended since.
    await this.#committed()
    return settled
  }

  /** Decides, appends and replays, at once. */
  #carryOut<R>(decide: () => Decision<R>, { inPieces = false }: RunOptions): Decision<R> {
    invariant(!this.#isDeciding, 'one decision is made after the other')
    this.#isDeciding = true
    try {
      const decision = decide()
      const { log } = this.#options.partition
      const wasOnline = log.offline === undefined
      try {
        this.#append(decision.records, inPieces)
      } catch (error) {
        const answer = refused(decision, error)
        // A log that was offline before has taken nothing, and what is known here is as it was.
        if (wasOnline) this.#failed(error)
        throw answer
      }
      return decision
    } finally {
      this.#isDeciding = false
      this.#runWaiting()
    }
  }

  #append(records: readonly CoordinatorRecord[], inPieces: boolean): void {
    if (records.length === 0) return
    const { partition, clock } = this.#options
    const timestamp = clock.nowMs()
    const encoded = records.map((record) => ({ timestamp, ...written(record) }))
    let from = 0
    const mostBytes = Math.min(pieceBytes, partition.log.config.maxMessageBytes)
    for (const to of inPieces ? pieceEnds(encoded, mostBytes) : [encoded.length]) {
      this.#end = partition.appendOwn(buildBatch({ records: encoded.slice(from, to) }))
      for (let i = from; i < to; i++) this.state.replay(records[i] as CoordinatorRecord)
      from = to
    }
  }

  /** Settles once all that was appended is committed. @throws {KafkaError} As clients hear it. */
  async #committed(): Promise<void> {
    const { partition, commitTimeoutMs } = this.#options
    try {
      await partition.untilCommitted(this.#end, commitTimeoutMs)
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      this.#failed(error)
      throw answerToFailedAppend(error)
    }
    if (this.#ended !== undefined) throw this.#ended
  }

  /** After an error of the disk nobody knows what of it is in the log. */
  #failed(error: unknown): void {
    const isOfDisk = error instanceof KafkaError && error.code === 'KAFKA_STORAGE_ERROR'
    if (isOfDisk && this.#ended === undefined) this.#options.onUncertain()
  }

  #runSoon(decide: () => Decision<void>): void {
    if (this.#ended !== undefined) return
    this.#waiting.push(decide)
    if (!this.#isDeciding) this.#runWaiting()
  }

  /** Nobody waits for an answer: those who do hear of a failure from who decided. */
  #runWaiting(): void {
    const decide = this.#waiting.shift()
    if (decide === undefined) return
    this.run(decide).catch((error: unknown) => {
      if (!(error instanceof KafkaError)) this.#options.onFatal(error)
    })
  }
}

/** @throws {KafkaError} UNKNOWN_SERVER_ERROR where no record can hold it, such as a name. */
function written(record: CoordinatorRecord): EncodedRecord {
  try {
    return encodeCoordinatorRecord(record)
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    throw new KafkaError('UNKNOWN_SERVER_ERROR', error.message, { cause: error })
  }
}

/** Tells who decided. @returns What its client is answered. */
function refused(decision: Decision<unknown>, error: unknown): unknown {
  if (!(error instanceof KafkaError)) return error
  const answer = answerToFailedAppend(error)
  decision.failed?.(answer)
  return answer
}

/** Where batches end of which none is larger than that, unless one record is. */
function pieceEnds(records: readonly EncodedRecord[], mostBytes: number): number[] {
  const ends: number[] = []
  let sizeBytes = headerSizeBytes
  for (const [index, { key, value }] of records.entries()) {
    const own = key.byteLength + (value?.byteLength ?? 0) + mostOverheadBytes
    if (sizeBytes + own > mostBytes && index > (ends.at(-1) ?? 0)) {
      ends.push(index)
      sizeBytes = headerSizeBytes
    }
    sizeBytes += own
  }
  return [...ends, records.length]
}

/** Such a batch holds nobody up who waits for the disk, or for a replica. */
const pieceBytes = 128 * 1024
/** Of a record without headers: two lengths, two deltas, and the rest in a byte each. */
const mostOverheadBytes = 24
