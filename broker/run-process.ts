import { type Clock, realClock } from '../lib/clock.ts'
import { diskRoom } from '../lib/disk-room.ts'
import { groundOf } from '../lib/ground.ts'
import { acquireLock } from '../lib/kernel-lock.ts'
import { createLogger, type Logger } from '../lib/logger.ts'
import { lookupAll } from '../lib/lookup-all.ts'
import { realRandom } from '../lib/random.ts'
import { realFiles } from '../lib/real-files.ts'
import { type Broker, startBroker } from './broker.ts'
import { type BrokerOptions, OptionsError, parseBrokerOptions } from './config/broker-options.ts'
import { exitAfter, exitCodes } from './exit.ts'
import type { MakeServing } from './serving.ts'

/**
 * Runs one broker until it is to end, and then ends the process: on SIGTERM or SIGINT in order, on
 * our own mistake or a disk that failed as it is, each with its exit code. What stands in the way is
 * said in one line on stderr.
 */
export async function runProcess(args: readonly string[], makeServing: MakeServing): Promise<void> {
  const log = createLogger()
  const fatal = (error: unknown) => end(log, error)
  // Promises that nobody sees come here too.
  process.on('uncaughtException', fatal)
  const life = new Life(log)
  try {
    const options = readOptions(args)
    const nodeLog = log.child({ nodeId: options.nodeId })
    const broker = await startBroker(options, {
      files: realFiles,
      clock: realClock,
      random: realRandom,
      log: nodeLog,
      secret: readSecret(args, options),
      lock: (path) =>
        acquireLock(path, {
          waitMs: lockWaitMs,
          clock: realClock,
          describe: `broker ${options.nodeId} of cluster ${options.clusterId}`,
        }),
      makeServing,
      onFatal: fatal,
      lookup: lookupAll,
      diskRoom,
      ground: groundOf,
      onMustStop: (why) => life.stop(why),
    })
    life.started(broker)
  } catch (error) {
    end(log, error)
  }
}

/** A process that ends may take so long to let go of its data directory (safety rules, case 15). */
const lockWaitMs = 10_000
const stopWithinMs = 30_000

/** When the process is to end in order, which may be before it has started. */
class Life {
  private readonly log: Logger
  private readonly clock: Clock = realClock
  private broker: Broker | undefined
  private why: string | undefined

  constructor(log: Logger) {
    this.log = log
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      let isSecond = false
      process.on(signal, () => {
        if (isSecond) giveUp(this.log, `a second ${signal}`)
        // One of each is no second: Ctrl-C reaches all processes of a terminal, and whoever started
        // this one then sends SIGTERM.
        isSecond = true
        this.stop(signal)
      })
    }
  }

  started(broker: Broker): void {
    this.broker = broker
    if (this.why !== undefined) void this.end(broker)
  }

  stop(why: string): void {
    if (this.why !== undefined) return
    this.why = why
    this.log.info('is to stop', { why })
    this.clock.timer(stopWithinMs, () => giveUp(this.log, `${stopWithinMs / 1_000} s`))
    if (this.broker !== undefined) void this.end(this.broker)
  }

  private async end(broker: Broker): Promise<void> {
    try {
      await broker.stop()
      process.exit(exitCodes.stopped)
    } catch (error) {
      end(this.log, error)
    }
  }
}

function giveUp(log: Logger, after: string): never {
  return end(log, new Error(`did not stop in order, ends as it is after ${after}`))
}

function end(log: Logger, error: unknown): never {
  const { code, line } = exitAfter(error)
  log.error('ends', { exitCode: code, error })
  process.stderr.write(`kavka broker: ${line}\n`)
  process.exit(code)
}

/** @throws {OptionsError} */
function readOptions(args: readonly string[]): BrokerOptions {
  const file = configFile(args)
  return parseBrokerOptions(file, new TextDecoder().decode(readFile(file)), process.env)
}

/** @throws {OptionsError} */
function configFile(args: readonly string[]): string {
  const [option, file, ...others] = args
  if (option === '--config' && file !== undefined && others.length === 0) return file
  throw new OptionsError('usage: main.ts --config FILE.json')
}

/** @throws {OptionsError} */
function readSecret(args: readonly string[], { secretFile }: BrokerOptions): Uint8Array {
  const where = `${configFile(args)}: secretFile`
  const secret = readFile(secretFile, `${where}: `)
  if (secret.byteLength >= leastSecretBytes) return secret
  const found = `${secretFile} has ${secret.byteLength}`
  throw new OptionsError(`${where}: must have ${leastSecretBytes} bytes or more, ${found}`)
}

const leastSecretBytes = 16

/** @throws {OptionsError} */
function readFile(path: string, before = ''): Uint8Array {
  let problem = 'no such file'
  try {
    const bytes = realFiles.readFile(path)
    if (bytes !== undefined) return bytes
  } catch (error) {
    problem = (error as Error).message
  }
  throw new OptionsError(`${before}${path}: cannot be read: ${problem}`)
}
