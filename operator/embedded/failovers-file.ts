import type { Files } from '../../lib/files.ts'
import type { Logger } from '../../lib/logger.ts'
import { writeFile } from '../../lib/replace-file.ts'
import { isFromDisk } from '../../lib/storage-error.ts'
import type { Failover } from '../controller/timeline/failover.ts'

/**
 * The last failovers of a cluster, for `kavka why`, in a file that outlives this process. They are a
 * note of what was: one that a full disk or a loss of power takes is missed by nobody else.
 */
export class FailoversFile {
  readonly #files: Files
  readonly #directory: string
  readonly #log: Logger
  #failovers: readonly Failover[]

  /** @param directory Of the cluster. */
  constructor(directory: string, { files, log }: { files: Files; log: Logger }) {
    this.#directory = directory
    this.#files = files
    this.#log = log
    this.#failovers = readFailovers(files, directory)
  }

  add(failover: Failover): void {
    this.#failovers = [...this.#failovers, failover].slice(-kept)
    const path = pathIn(this.#directory)
    try {
      const content = new TextEncoder().encode(`${JSON.stringify(this.#failovers)}\n`)
      writeFile(this.#files, `${path}.tmp`, content)
      this.#files.rename(`${path}.tmp`, path)
    } catch (error) {
      if (!isFromDisk(error)) throw error
      const { message: reason } = error as Error
      this.#log.warn('a failover is not noted for kavka why', { reason })
    }
  }
}

/** The oldest first; none where there is no such file, or it is not whole. */
export function readFailovers(
  files: Pick<Files, 'readFile'>,
  directory: string,
): readonly Failover[] {
  const bytes = files.readFile(pathIn(directory))
  if (bytes === undefined) return []
  try {
    const content: unknown = JSON.parse(new TextDecoder().decode(bytes))
    return Array.isArray(content) ? (content as Failover[]) : []
  } catch {
    return []
  }
}

/** About 50 KB. */
const kept = 100

function pathIn(directory: string): string {
  return `${directory}/failovers.json`
}
