import { resolve } from 'node:path'
import { readOptions } from '../read-options.ts'
import { UsageError } from '../usage-error.ts'

export type UpArguments = {
  /** Of the manifests. */
  readonly directory: string
  /** Absolute. */
  readonly dataDirectory: string
  readonly basePort: number
  /** What clients are told to dial; undefined: only clients of this machine are served. */
  readonly host: string | undefined
}

export const upUsage = `usage: kavka up DIR [--data-dir DIR] [--base-port 9092] [--host NAME]

Runs what the manifests in DIR say, on this machine and without Kubernetes: a KafkaCluster's brokers as
processes, its Topics in them. Edit a file and save it, and what changed is carried out. Ctrl-C stops all.

  --data-dir DIR    where records and all else is kept (${defaultDataDirectory()} below the current directory)
  --base-port PORT  broker i listens on PORT + i (9092)
  --host NAME       serve other machines too, and tell clients to dial NAME. There is no encryption and
                    no authentication yet. Left out, only this machine is served, on localhost`

/** Of commands that take none. */
export function defaultDataDirectory(): string {
  return '.kavka'
}

/** @throws {UsageError} */
export function parseUpArguments(args: readonly string[]): UpArguments {
  const text = { type: 'string' } as const
  const options = { 'data-dir': text, 'base-port': text, host: text } as const
  const { values, positionals } = readOptions(args, options)
  const [directory, ...others] = positionals
  if (directory === undefined || others.length > 0) {
    throw new UsageError('say one directory of manifests, such as examples/quickstart')
  }
  const { host } = values
  if (host !== undefined && !/^[a-zA-Z0-9]([a-zA-Z0-9.:-]*[a-zA-Z0-9])?$/.test(host)) {
    throw new UsageError(`--host must be the name or address of this machine, found "${host}"`)
  }
  return {
    directory,
    dataDirectory: resolve(values['data-dir'] ?? defaultDataDirectory()),
    basePort: portOf(values['base-port'] ?? '9092'),
    host,
  }
}

/** Room for the brokers of one cluster above it. */
const highestBasePort = 65_535 - 200

/** @throws {UsageError} */
function portOf(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port >= 1 && port <= highestBasePort) return port
  throw new UsageError(`--base-port must be a port from 1 to ${highestBasePort}, found "${text}"`)
}
