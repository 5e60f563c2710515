import { spawn } from 'node:child_process'
import type { Clock, Timer } from '../../../lib/clock.ts'
import type { BrokerFiles } from './broker-files.ts'

/** The end of a process. */
export type End = {
  /** Null: by a signal, or not known. */
  readonly exitCode: number | null
  /** In its own words. */
  readonly lastWords: string | undefined
}

/** The process of one broker, until it ends. */
export type BrokerProcess = {
  readonly pid: number
  /** Sends a signal, if it is still that process. */
  signal(signal: 'SIGTERM' | 'SIGKILL'): void
  /** Looks at once whether it is still there. */
  check(): void
  /** Lets go of it: its end is not told any more. */
  detach(): void
}

/** What a broker is run by. */
export type BrokerProgram = {
  /** Of Node, with its own arguments and variables. */
  readonly nodePath: string
  readonly nodeArguments: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly main: string
}

export type ProcessOptions = {
  readonly files: BrokerFiles
  readonly clock: Clock
  readonly program: BrokerProgram
  readonly onEnd: (end: End) => void
}

/**
 * Starts the process of a broker. It is in a session of its own, so that what a terminal sends to
 * this process does not reach it, and prints to a file, so that it outlives this process.
 *
 * @throws With Node's code, ENOENT or EAGAIN, if it cannot be started.
 */
export function startProcess(options: ProcessOptions): BrokerProcess {
  const { files, program, onEnd } = options
  const { nodePath, nodeArguments, environment, main } = program
  const log = files.openLog()
  try {
    const child = spawn(nodePath, [...nodeArguments, main, '--config', files.optionsFile], {
      detached: true,
      env: { ...process.env, ...environment },
      stdio: ['ignore', log.fd, log.fd],
    })
    let isTold = false
    child.on('error', () => {}) // without a pid: thrown below
    child.on('exit', (exitCode) => {
      if (!isTold) onEnd({ exitCode, lastWords: files.lastWords(log.from) })
    })
    const { pid } = child
    if (pid === undefined) throw new Error(`${nodePath} cannot be started`)
    child.unref()
    return {
      pid,
      signal: (signal) => void child.kill(signal),
      check: () => {},
      detach: () => {
        isTold = true
      },
    }
  } finally {
    log.close()
  }
}

/**
 * A process that an earlier `kavka up` started. It is no child of this one, so its end is seen by the
 * lock on its data, which the kernel takes from it.
 */
export function adoptProcess(
  pid: number,
  { files, clock, onEnd }: Pick<ProcessOptions, 'files' | 'clock' | 'onEnd'>,
): BrokerProcess {
  let timer: Timer | undefined
  let isTold = false
  const isThere = () => files.runningPid() === pid
  const lookLater = () => {
    timer = clock.timer(pollMs, look)
  }
  const look = () => {
    timer?.cancel()
    if (isTold) return
    if (isThere()) return lookLater()
    isTold = true
    onEnd({ exitCode: null, lastWords: undefined })
  }
  /** A process that ends closes its connections a moment before or after it lets go of its lock. */
  const lookOften = (left: number) => {
    look()
    if (isTold || left === 0) return
    timer?.cancel()
    timer = clock.timer(soonMs, () => lookOften(left - 1))
  }
  lookLater()
  return {
    pid,
    // A pid may be another's by now; whoever has the lock is who is meant.
    signal: (signal) => void (isThere() && process.kill(pid, signal)),
    check: () => lookOften(looks),
    detach: () => {
      isTold = true
      timer?.cancel()
    },
  }
}

/** One system call each. */
const pollMs = 500
const soonMs = 20
const looks = 5
