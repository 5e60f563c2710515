import type { Files } from '../io/files.ts'
import type { FileHandles } from './file-handles.ts'
import type { LogConfig } from './log-config.ts'
import type { LogState } from './log-state.ts'
import type { Segments } from './segments.ts'
import type { Tail } from './tail.ts'

/** What all logs of a broker share. */
export type LogServices = {
  readonly files: Files
  readonly handles: FileHandles
  readonly tail: Tail
}

/** What is known of a log when it is opened. Offsets are exclusive ends. */
export type OpenedLog = {
  readonly segments: Segments
  readonly logStartOffset: number
  readonly logEndOffset: number
  /** All before it is durable. */
  readonly flushedEndOffset: number
  /** Undefined for a log that has no batch. */
  readonly state: LogState | undefined
  readonly found: Found
}

/**
 * How the files of a log were found: as an orderly stop left them, as a flush did with nothing
 * behind it, or in any other way and made good since. After a flush the process may have been
 * killed while it cut off what was behind: what is seen need not be durable.
 */
export type Found = 'stopped' | 'flushed' | 'recovered'

/** Where a log lies, and what holds for it. */
export type LogOptions = {
  readonly directory: string
  readonly config: LogConfig
  /** `producer.id.expiration.ms` */
  readonly producerIdExpirationMs: number
  /**
   * Called before the log becomes shorter than what was made durable: whoever keeps the flushed end
   * must keep the new one first, or the log could not be trusted after a crash in between.
   */
  readonly beforeCut?: ((endOffset: number) => void) | undefined
}
