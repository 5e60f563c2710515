import type { Files } from '../../lib/files.ts'
import type { FrameMemory } from '../protocol/frames/frame-memory.ts'
import type { DiskPace } from './disk-pace.ts'
import type { FileHandles } from './file-handles.ts'
import type { DirectoryNames } from './index-file.ts'
import type { LogConfig } from './log-config.ts'
import type { LogState } from './log-state.ts'
import type { Segments } from './segments.ts'
import type { Tail } from './tail.ts'

/** What all logs of a broker share. */
export type LogServices = {
  readonly files: Files
  readonly handles: FileHandles
  readonly tail: Tail
  readonly pace: DiskPace
  /** Where batches lie that wait to be written. Without it they stay as they are. */
  readonly memory?: FrameMemory | undefined
  /**
   * Makes the directory of a log, and what has to be durable in it before its first batch. Without
   * it nothing has to be.
   */
  readonly makeDirectory?: ((path: string) => Promise<void>) | undefined
  /** Is told of our own mistakes where nobody waits. Without it they end the process. */
  readonly onFatal?: ((error: unknown) => void) | undefined
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
  /** Those that its segments tell when they make a file. */
  readonly names: DirectoryNames
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
   * Called before anything is cut off the end: whoever keeps the flushed end, or how far the log was
   * compacted, must durably keep no more than the new end first. Else the log could not be trusted
   * after a crash in between, or what is written there later would count as compacted.
   */
  readonly beforeCut?: ((endOffset: number) => void) | undefined
}
