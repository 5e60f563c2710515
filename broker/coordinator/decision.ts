import type { KafkaError } from '../protocol/errors.ts'
import type { CoordinatorRecord } from './records.ts'

/** What a coordinator makes of a request. */
export type Decision<R> = {
  /** Appended together, all or none; they change the state when they are replayed. None: nothing is written. */
  readonly records: readonly CoordinatorRecord[]
  /** Told once the records are committed; a promise where others have to come first, as in JoinGroup. */
  readonly response: R | Promise<R>
  /** The records were not appended, or nobody knows: what others wait for is refused too. */
  readonly failed?: (error: KafkaError) => void
}

/** What those who decide may do beside answering. */
export type CoordinatorPort = {
  /** Has `decide` carried out like a request of its own: for timers. Never while another is decided. */
  run(decide: () => Decision<void>): void
}
