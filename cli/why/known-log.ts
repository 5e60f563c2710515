import type { OpenedLog } from '../../operator/controller/store/metadata-store.ts'
import type { Failover } from '../../operator/controller/timeline/failover.ts'

/** What there is to tell of one cluster. */
export type KnownLog = {
  /** `namespace/name`. */
  readonly cluster: string
  readonly log: Pick<OpenedLog, 'snapshot' | 'batches' | 'state'>
  /** The last of them, as far as they were noted. */
  readonly failovers: readonly Failover[]
}
