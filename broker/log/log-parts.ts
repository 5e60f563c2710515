import type { LogOptions, LogServices, OpenedLog } from './log-options.ts'
import { SegmentStore } from './segment-store.ts'
import type { Segments } from './segments.ts'
import { StateFiles } from './state-files.ts'
import { StateKeeper } from './state-keeper.ts'

/** What a log is made of once there is anything in it: most of a broker may never get that far. */
export type LogParts = {
  readonly segments: Segments
  readonly store: SegmentStore
  readonly keeper: StateKeeper
}

export function partsOf(
  options: LogOptions,
  services: LogServices,
  { segments, state, found }: Pick<OpenedLog, 'segments' | 'state' | 'found'>,
): LogParts {
  const files = new StateFiles(services.files, options.directory)
  const keeper = new StateKeeper(files, state, options.producerIdExpirationMs)
  const onClosed = () => keeper.writeSnapshot()
  return {
    segments,
    store: new SegmentStore(options, services, { segments, found }, onClosed),
    keeper,
  }
}
