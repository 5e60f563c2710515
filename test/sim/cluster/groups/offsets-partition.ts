import type { LogSlice, PartitionLog } from '../../../../broker/log/partition-log.ts'
import { type Partition, storageFailed } from '../../../../broker/partition/partition.ts'
import { WaitingAppends } from '../../../../broker/partition/waiting-appends.ts'
import { KafkaError } from '../../../../broker/protocol/errors.ts'
import { lastOffsetDeltaOf } from '../../../../broker/protocol/records/header.ts'
import { invariant } from '../../../../lib/invariant.ts'
import { StorageError } from '../../../../lib/storage-error.ts'
import type { Incarnation } from '../../core/incarnation.ts'
import type { Replica } from '../replica.ts'
import type { ReplicaDisk, Stored } from '../replica-disk.ts'
import { batchAt, textOf } from './stored-batch.ts'

export type OffsetsPartitionOptions = {
  readonly replica: () => Replica | undefined
  readonly disk: ReplicaDisk
  /** Whether the disk has no room for what is appended now. */
  readonly isFull: () => boolean
}

type Log = Pick<
  PartitionLog,
  'config' | 'isClosed' | 'logStartOffset' | 'logEndOffset' | 'nextOffset' | 'offline' | 'written'
> & { read(offset: number): LogSlice }

/**
 * What the coordinator of the product uses of a `Partition`, on top of a replica of the simulator. A log
 * whose disk is full goes offline, as that of the product does, and after a while there is room again.
 */
export class OffsetsPartition implements Pick<Partition, 'appendOwn' | 'untilCommitted'> {
  readonly log: Log
  readonly #node: Incarnation
  readonly #options: OffsetsPartitionOptions
  readonly #appends: WaitingAppends
  /** Batches that wait for the disk, which will not take them. */
  #held = 0
  #problem: StorageError | undefined
  #leaderEpoch: number | undefined

  constructor(node: Incarnation, options: OffsetsPartitionOptions) {
    this.#node = node
    this.#options = options
    this.#appends = new WaitingAppends(node.clock)
    this.log = this.#makeLog()
  }

  appendOwn(batch: Uint8Array): number {
    invariant(lastOffsetDeltaOf(batch, 0) === 0, 'a record of the simulator is a batch of one')
    const { isFull } = this.#options
    const replica = this.#leader
    if (replica === undefined) throw notLed()
    if (replica.refusal !== undefined) throw replica.refusal
    if (this.#problem !== undefined) throw storageFailed(this.#problem)
    const hasNoRoom = this.#held > 0 || isFull()
    if (!hasNoRoom) return replica.append({ value: textOf(batch), producerId: -1, sequence: -1 })
    const random = this.#node.random('full disk')
    if (this.#held === 0 && random.below(2) === 0) throw storageFailed(this.#fail())
    this.#held++
    if (this.#held === 1) this.#node.clock.timer(1 + random.below(20), () => this.#fail())
    return this.log.nextOffset
  }

  untilCommitted(offset: number, timeoutMs: number): Promise<void> | undefined {
    const replica = this.#leader
    if (replica?.mayServe !== true) return Promise.reject(notLed())
    if (replica.highWatermark >= offset) return undefined
    return this.#appends.add('committed', offset, timeoutMs)
  }

  /** The high watermark may have moved. */
  advance(): void {
    const committed = this.#leader?.highWatermark
    if (committed === undefined || this.#appends.count === 0) return
    this.#appends.advance({ written: this.log.logEndOffset, committed })
  }

  /** @param leaderEpoch In which it is led here; undefined where it is not. */
  lead(leaderEpoch: number | undefined): void {
    if (leaderEpoch === this.#leaderEpoch) return
    this.#leaderEpoch = leaderEpoch
    this.#held = 0
    this.#appends.rejectAll(notLed())
  }

  /** Undefined before the broker has seen to it that it leads, too. */
  get #leader(): Replica | undefined {
    const replica = this.#options.replica()
    const isLed = this.#leaderEpoch !== undefined && replica?.leaderEpoch === this.#leaderEpoch
    return isLed ? replica : undefined
  }

  #fail(): StorageError {
    const problem = new StorageError('DiskFull', 'there is no room on the disk')
    this.#held = 0
    this.#problem = problem
    this.#appends.rejectAll(storageFailed(problem))
    const random = this.#node.random('full disk')
    this.#node.clock.timer(100 + random.below(2_000), () => {
      this.#problem = undefined
    })
    return problem
  }

  #makeLog(): Log {
    const { disk } = this.#options
    const held = () => this.#held
    const problem = () => this.#problem
    return {
      config: { maxMessageBytes: 1e6 } as PartitionLog['config'],
      isClosed: false,
      logStartOffset: 0,
      get logEndOffset() {
        return disk.records.length
      },
      get nextOffset() {
        return disk.records.length + held()
      },
      get offline() {
        return problem()
      },
      written: () => Promise.reject(new StorageError('DiskFull', 'what waits is not written')),
      read(offset) {
        const stored = disk.records.slice(offset, offset + mostAtOnce)
        const parts = stored.map((one: Stored, at) => batchAt(offset + at, one))
        return { parts, sizeBytes: parts.reduce((sum, { byteLength }) => sum + byteLength, 0) }
      },
    }
  }
}

function notLed(): KafkaError {
  return new KafkaError('NOT_LEADER_OR_FOLLOWER', 'it is not led here')
}

/** Few, so that loading takes a while. */
const mostAtOnce = 10
