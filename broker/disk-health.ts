import type { Clock, Timer } from '../lib/clock.ts'
import type { DiskRoom } from '../lib/disk-room.ts'
import type { Logger } from '../lib/logger.ts'
import { isFromDisk, type StorageError } from '../lib/storage-error.ts'

export type DiskHealthOptions = {
  readonly clock: Clock
  readonly log: Logger
  /** On the disk of the data directory. @throws What Node says of the disk. */
  readonly room: () => Promise<DiskRoom>
  /** The disk was full and has room again: called once. */
  readonly onRoom: () => void
}

/**
 * Whether the disk takes what is written, as those found who wrote. A broker whose disk is full
 * serves what it has and refuses what is new. What it had begun to write is gone over when it starts
 * anew, which is as soon as there is room: one way back, the one that a crash takes too.
 */
export class DiskHealth {
  readonly #options: DiskHealthOptions
  #problem: StorageError | undefined
  #timer: Timer | undefined
  #isStopped = false

  constructor(options: DiskHealthOptions) {
    this.#options = options
  }

  /** Why nothing, or not everything, can be written; undefined while all is well. */
  get problem(): StorageError | undefined {
    return this.#problem
  }

  /** Somebody could not write. The first one is remembered. */
  met(problem: StorageError): void {
    if (this.#problem !== undefined || this.#isStopped) return
    if (problem.problem !== 'DiskFull' && problem.problem !== 'DiskFailed') return
    this.#problem = problem
    const isFull = problem.problem === 'DiskFull'
    const what = isFull
      ? 'the disk is full: writes are refused until there is room'
      : 'the disk failed: what it did not take stays offline until this broker is started anew'
    this.#options.log.error(what, { reason: problem.message })
    if (isFull) this.#lookLater()
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }

  #lookLater(): void {
    this.#timer = this.#options.clock.timer(lookMs, () => void this.#look())
  }

  async #look(): Promise<void> {
    const { log, onRoom } = this.#options
    const room = await this.#room()
    if (this.#isStopped) return
    if (room === undefined || !isEnough(room)) return this.#lookLater()
    log.info('there is room on the disk again', { freeBytes: room.freeBytes })
    onRoom()
  }

  async #room(): Promise<DiskRoom | undefined> {
    try {
      return await this.#options.room()
    } catch (error) {
      if (!isFromDisk(error)) throw error
      return undefined
    }
  }
}

/** Whether it is worth while to begin again: not for a few bytes, which would be gone at once. */
function isEnough({ freeBytes, sizeBytes }: DiskRoom): boolean {
  return freeBytes >= Math.min(enoughBytes, sizeBytes / 20)
}

const enoughBytes = 256 * 2 ** 20
const lookMs = 1_000
