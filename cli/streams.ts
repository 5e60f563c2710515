import { once } from 'node:events'
import process from 'node:process'
import type { Readable } from 'node:stream'
import { isatty } from 'node:tty'

/** What a command reads and writes that is not lines. */
export type Streams = {
  readonly stdin: Readable
  /** @returns What to wait for before more is written, where the reader is slow. */
  readonly write: (bytes: Uint8Array) => Promise<unknown> | undefined
  /** Whether somebody sits in front of it. */
  readonly isTerminal: { readonly stdin: boolean; readonly stderr: boolean }
  /**
   * From now on, Ctrl-C and SIGTERM end what is being done in an orderly way. A second time they
   * end the process.
   */
  readonly interruption: () => AbortSignal
}

export const processStreams: Streams = {
  get stdin() {
    return process.stdin
  },
  write(bytes) {
    return process.stdout.write(bytes) ? undefined : once(process.stdout, 'drain')
  },
  get isTerminal() {
    return { stdin: isatty(0), stderr: isatty(2) }
  },
  interruption() {
    const interrupted = new AbortController()
    process.once('SIGINT', () => interrupted.abort())
    process.once('SIGTERM', () => interrupted.abort())
    return interrupted.signal
  },
}
