import type { Clock } from '../lib/clock.ts'
import type { DiskRoom } from '../lib/disk-room.ts'
import type { Files } from '../lib/files.ts'
import type { HeldLock } from '../lib/kernel-lock.ts'
import type { Logger } from '../lib/logger.ts'
import type { Random } from '../lib/random.ts'
import type { Lookup } from './controller-link/controller-addresses.ts'
import type { Ground } from './replica/judge-return.ts'
import type { MakeServing } from './serving.ts'

/** What a broker needs of its process and machine. */
export type BrokerEnds = {
  readonly files: Files
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  /** What the processes of the cluster share. */
  readonly secret: Uint8Array
  /** Waits a while for a process that is about to end. @throws {LockHeldError} */
  readonly lock: (path: string) => Promise<HeldLock>
  readonly makeServing: MakeServing
  /** Our own mistake, or a disk that failed: called once, and the process is to end as it is. */
  readonly onFatal: (error: unknown) => void
  /** Of controllers whose names the options have. */
  readonly lookup: Lookup
  /** Of the file system that a path is on. @throws What Node says of the disk. */
  readonly diskRoom: (path: string) => Promise<DiskRoom>
  /** Under a path; undefined: the system does not say. @throws What Node says of the disk. */
  readonly ground: (path: string) => Ground | undefined
  /** It is better stopped, in order, for the reason given. Whoever runs it may start another. */
  readonly onMustStop: (why: string) => void
}
