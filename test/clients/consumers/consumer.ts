import type { CompressionType } from '../../../broker/protocol/records/layout.ts'
import type { FixtureRecord } from '../../support/batch-fixtures.ts'

/** A real consumer of somebody else's. */
export type ForeignConsumer = {
  readonly name: string
  readonly compressions: readonly CompressionType[]
  /** What to install, where it is missing. */
  readonly whyMissing?: () => string | undefined
  /** Reads partition 0 from the beginning. */
  readonly consume: (from: {
    bootstrapServers: string
    topic: string
    /** Records to wait for. */
    count: number
    /** Ends it early. */
    signal?: AbortSignal
  }) => Promise<FixtureRecord[]>
}
