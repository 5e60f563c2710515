import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { lockHolder } from '../../../lib/kernel-lock.ts'
import { realFiles } from '../../../lib/real-files.ts'
import { replaceFile } from '../../../lib/replace-file.ts'

/** Where one broker has its options, its data and what it says. */
export class BrokerFiles {
  readonly #directory: string

  /** @param clusterDirectory Absolute. */
  constructor(clusterDirectory: string, nodeId: number) {
    this.#directory = join(clusterDirectory, 'brokers', `${nodeId}`)
  }

  get dataDirectory(): string {
    return join(this.#directory, 'data')
  }

  get optionsFile(): string {
    return join(this.#directory, optionsName)
  }

  /** Of a process that has the data directory, whoever started it. The kernel knows. */
  runningPid(): number | undefined {
    const holder = lockHolder(join(this.dataDirectory, '.lock'))
    if (holder === undefined) return undefined
    const [, pid] = /^pid (\d+):/.exec(holder) ?? []
    return pid === undefined ? undefined : Number(pid)
  }

  /** What the process was started with; undefined where none was. */
  readOptions(): string | undefined {
    return existsSync(this.optionsFile) ? readFileSync(this.optionsFile, 'utf8') : undefined
  }

  writeOptions(text: string): void {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 })
    replaceFile(realFiles, this.#directory, optionsName, new TextEncoder().encode(text))
  }

  /** A file for what the process prints. What has grown large is put aside once. */
  openLog(): { fd: number; from: number; close(): void } {
    const path = this.#logFile
    if (existsSync(path) && statSync(path).size > largeBytes) renameSync(path, `${path}.1`)
    const fd = openSync(path, 'a', 0o600)
    return { fd, from: statSync(path).size, close: () => closeSync(fd) }
  }

  /** Why a process ended, in its own words: the line for whoever started it, if it got to that. */
  lastWords(from: number): string | undefined {
    const text = endOf(this.#logFile, from)
    const line = text.split('\n').findLast((one) => one.startsWith(lastWordsBegin))
    return line?.slice(lastWordsBegin.length)
  }

  get #logFile(): string {
    return join(this.#directory, 'broker.log')
  }
}

/** What was written last to a file that may be gone, or very large. */
function endOf(path: string, from: number): string {
  let fd: number | undefined
  try {
    fd = openSync(path, 'r')
    const bytes = Buffer.alloc(longestEndBytes)
    const start = Math.max(from, fstatSync(fd).size - bytes.length)
    return bytes.toString('utf8', 0, readSync(fd, bytes, 0, bytes.length, start))
  } catch {
    return ''
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

const longestEndBytes = 2 ** 16
const optionsName = 'options.json'
const lastWordsBegin = 'kavka broker: '
const largeBytes = 10 * 2 ** 20
