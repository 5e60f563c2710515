import type { CompressionType } from '../../broker/protocol/records/layout.ts'
import type { FixtureRecord } from '../../test/support/batch-fixtures.ts'

/** One batch to be made by a client, in a topic of its own. */
export type Job = {
  readonly topic: string
  readonly compression: CompressionType
  readonly idempotent: boolean
  readonly records: readonly FixtureRecord[]
}

/** A real producer of somebody else's. */
export type ForeignProducer = {
  /** Names its file of fixtures, and is its client id. */
  readonly name: string
  readonly version: () => Promise<string>
  readonly compressions: readonly CompressionType[]
  /** What it can send of such records. */
  readonly sent?: (records: readonly FixtureRecord[]) => FixtureRecord[]
  /** Sends the records of each job so that they become one batch. */
  readonly produce: (bootstrapServers: string, jobs: readonly Job[]) => Promise<void>
}
