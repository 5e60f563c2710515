import type { Cleaning } from './compaction/cleaning.ts'
import type { LogConfig } from './log-config.ts'
import { LogHealth } from './log-health.ts'
import type { LogOptions, LogServices, OpenedLog } from './log-options.ts'
import { LogWriter } from './log-writer.ts'
import type { CompletedTransaction } from './producer-state.ts'
import type { Segment } from './segment.ts'
import { SegmentStore } from './segment-store.ts'
import { Segments } from './segments.ts'
import { StateFiles } from './state-files.ts'
import { StateKeeper } from './state-keeper.ts'
import type { StorageError } from './storage-error.ts'

/** What a log is made of once there is anything in it: most of a broker may never get that far. */
export type LogParts = {
  readonly segments: Segments
  readonly store: SegmentStore
  readonly keeper: StateKeeper
  readonly writer: LogWriter
  readonly health: LogHealth
  /** Transactions aborted by markers that are not written yet. */
  readonly aborted: Map<Uint8Array, CompletedTransaction>
  flushing: Promise<void> | undefined
  /** Segments that are on their way out. */
  removing: Promise<void> | undefined
  cleaning: Cleaning | undefined
}

/** Who is told of what its parts do on their own. */
export type LogPartsOwner = {
  wrote(batches: readonly Uint8Array[], segment: Segment): void
  wentOffline(problem: StorageError): void
}

export function partsOf(
  options: LogOptions & { readonly config: LogConfig },
  services: LogServices,
  opened: Pick<OpenedLog, 'segments' | 'state' | 'found' | 'names'>,
  owner: LogPartsOwner,
): LogParts {
  const { directory, config, producerIdExpirationMs } = options
  const files = new StateFiles(services.files, directory)
  const store = new SegmentStore({ directory, config }, services, opened, files)
  const health = new LogHealth({ directory }, (problem) => {
    writer.end()
    owner.wentOffline(problem)
  })
  const writer = new LogWriter(store, services, {
    wrote: (batches, segment) => owner.wrote(batches, segment),
    failed: (error, what) => health.fail(error, what) !== error,
  })
  return {
    segments: opened.segments,
    store,
    keeper: new StateKeeper(files, opened.state, producerIdExpirationMs),
    writer,
    health,
    aborted: new Map(),
    flushing: undefined,
    removing: undefined,
    cleaning: undefined,
  }
}

/** Of a log that has nothing yet. */
export function nothingYet() {
  const names = { changed: true }
  return { segments: new Segments([]), state: undefined, found: 'recovered', names } as const
}
