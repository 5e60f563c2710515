import { join } from 'node:path'
import { exitAfter, exitCodes } from '../../broker/exit.ts'
import { realClock } from '../../lib/clock.ts'
import { createLogger, type Logger } from '../../lib/logger.ts'
import { isFromDisk } from '../../lib/storage-error.ts'
import type { KafkaCluster } from '../../operator/api/kafka-cluster/kafka-cluster.ts'
import { formatFinding } from '../../operator/kube/directory/manifest.ts'
import { realManifestFiles } from '../../operator/kube/directory/manifest-files.ts'
import { readManifests } from '../../operator/kube/directory/read-manifests.ts'
import { UidsError } from '../../operator/kube/directory/uids.ts'
import type { Terminal } from '../command.ts'
import type { UpArguments } from './arguments.ts'
import { checkIsOurs, takeDataDirectory } from './data-directory.ts'
import { openLogFile } from './log-file.ts'
import { checkPorts, PreflightError } from './preflight.ts'
import { StopSignals } from './stop-signals.ts'
import { Up } from './up.ts'

/**
 * Runs `kavka up` until it is told to end.
 *
 * In the order of what is cheap to refuse, and nothing is touched before all of it was looked at: the
 * manifests, whose the data directory is, the ports.
 *
 * @returns The exit code.
 */
export async function runUp(args: UpArguments, terminal: Terminal): Promise<number> {
  const signals = new StopSignals(realClock)
  try {
    const clusters = await readClusters(args.directory, terminal)
    if (clusters === undefined) return 1
    checkIsOurs(args.dataDirectory)
    const lock = await takeDataDirectory(args.dataDirectory, `kavka up ${args.directory}`)
    try {
      await checkPorts(clusters, { ...args, listenHost: listenHostOf(args) })
      const log = createLogger({ to: openLogFile(join(args.dataDirectory, 'kavka.log')) })
      return await runUntilStopped(args, { terminal, signals, log })
    } finally {
      lock.release()
    }
  } catch (error) {
    return refuse(error, args, terminal)
  } finally {
    signals.close()
  }
}

/** Without authentication only those who say so are served from elsewhere. */
function listenHostOf({ host }: UpArguments): string {
  return host === undefined ? '127.0.0.1' : '0.0.0.0'
}

/** @returns Undefined where the manifests cannot be run, which is said. */
async function readClusters(
  directory: string,
  terminal: Terminal,
): Promise<KafkaCluster[] | undefined> {
  const { accepted, findings } = await readManifests(directory, realManifestFiles, realClock)
  const errors = findings.filter(({ level }) => level === 'error')
  for (const finding of errors) terminal.complain(formatFinding(finding))
  if (errors.length > 0) {
    const mistakes = errors.length === 1 ? 'this' : `these ${errors.length} mistakes`
    terminal.complain(`kavka up: nothing is started: mend ${mistakes} first`)
    return undefined
  }
  const clusters = accepted.flatMap(({ resource }) => {
    return resource.kind === 'KafkaCluster' ? [resource] : []
  })
  if (clusters.length > 0) return clusters
  terminal.complain(`kavka up: ${directory} has no KafkaCluster; examples/quickstart shows one`)
  return undefined
}

async function runUntilStopped(
  args: UpArguments,
  { terminal, signals, log }: { terminal: Terminal; signals: StopSignals; log: Logger },
): Promise<number> {
  const up = await Up.start({ ...args, listenHost: listenHostOf(args), terminal, log })
  const ended = await Promise.race([signals.first, up.failed])
  if (ended.type === 'failed') {
    await up.detach()
    throw ended.error
  }
  terminal.print(`${ended.signal}: all brokers stop in order; once more to leave them behind`)
  const stopped = await Promise.race([up.stop(), signals.second])
  if (stopped === undefined) return 0
  await up.detach()
  terminal.complain('kavka up: ends at once; brokers may still be stopping')
  return 1
}

function refuse(error: unknown, { dataDirectory }: UpArguments, terminal: Terminal): number {
  if (error instanceof PreflightError || error instanceof UidsError) {
    terminal.complain(`kavka up: ${error.message}`)
    return 1
  }
  const { code, line } = exitAfter(error)
  // What Node says of a write has no path.
  const where = isFromDisk(error) && !line.includes(dataDirectory) ? `${dataDirectory}: ` : ''
  terminal.complain(`kavka up: ${where}${line}`)
  if (code !== exitCodes.ownMistake) return 1
  // Nobody but us can do something about it.
  if (error instanceof Error && error.stack !== undefined) terminal.complain(error.stack)
  return code
}
