import type { Files } from '../../../lib/files.ts'
import { replaceFile } from '../../../lib/replace-file.ts'
import { decodeCleanShutdown, encodeCleanShutdown } from '../clean-shutdown.ts'
import { CorruptFileError } from '../corrupt-file-error.ts'

/** How a data directory was left. */
export type LastStop = {
  /** All logs were closed in order and are durable: none has to be gone over. */
  readonly clean: boolean
  /** Of the broker that stopped cleanly, if that is known. */
  readonly brokerEpoch?: number
}

/**
 * Takes the marker of a clean stop away, durably: from now on a crash would be one. Where there is
 * none, the names in the directory are made durable as they are.
 */
export function takeCleanMarker(files: Files, directory: string): LastStop {
  const path = `${directory}/${fileName}`
  const bytes = files.readFile(path)
  if (bytes === undefined) return leftAsItWas(files, directory)
  files.remove(path)
  files.syncDirectory(directory)
  try {
    return { clean: true, ...decodeCleanShutdown(bytes) }
  } catch (error) {
    if (error instanceof CorruptFileError) return { clean: true } // as Kafka takes it
    throw error
  }
}

export function writeCleanMarker(
  files: Files,
  directory: string,
  { brokerEpoch }: { brokerEpoch: number },
): void {
  replaceFile(files, directory, fileName, encodeCleanShutdown({ brokerEpoch }))
}

/**
 * A process that was killed may have taken the marker away, or made the directory of a log, and not
 * have got to that: after a loss of power the marker would be there again, beside what is written from
 * now on, and the log would not.
 */
function leftAsItWas(files: Files, directory: string): LastStop {
  files.syncDirectory(directory)
  return { clean: false }
}

const fileName = '.kafka_cleanshutdown'
