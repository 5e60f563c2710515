import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { currentStatus } from '../../cli/up/current-status.ts'
import type { ClusterStatus } from '../../operator/embedded/status.ts'

export type KavkaOptions = {
  brokers?: number
  /** Settings of the brokers, by Kafka's names. Undefined: what is said here otherwise is left out. */
  config?: Record<string, string | undefined>
  /** How often brokers speak, and how long they may be silent. */
  controller?: { sessionTimeout: string; heartbeatInterval: string }
  /** Racks that brokers stand in by turns. */
  racks?: readonly string[]
  /** Topics that have a manifest, beside those that clients make. Of one replica, unless they say so. */
  topics?: Record<
    string,
    { partitions: number; replicationFactor?: number; config?: Record<string, string> }
  >
  /** The data has a disk of its own, of so many bytes: a tmpfs, which only root may make. */
  diskBytes?: number
}

/** Why nothing that needs `kavka up` can be tried, or undefined. */
export function whyNoUp(): string | undefined {
  const up = join(import.meta.dirname, '../../cli/commands/up.ts')
  return existsSync(up) ? undefined : '`kavka up` is not built yet'
}

/** `kavka up` on a directory of manifests, as a user starts it, until it is disposed of. */
export class RunningKavka {
  readonly folder: string
  readonly manifests: string
  readonly dataDirectory: string
  readonly basePort: number
  private up: ChildProcess | undefined
  private hasDisk = false
  /** All that `kavka up` printed. */
  said = ''

  private constructor(folder: string, basePort: number) {
    this.folder = folder
    this.manifests = join(folder, 'manifests')
    this.dataDirectory = join(folder, 'data')
    this.basePort = basePort
  }

  static async start(options: KavkaOptions = {}): Promise<RunningKavka> {
    const noUp = whyNoUp()
    if (noUp !== undefined) throw new Error(noUp)
    const folder = mkdtempSync(join(tmpdir(), 'kavka-up-'))
    const kavka = new RunningKavka(folder, await freeBasePort(options.brokers ?? 1))
    mkdirSync(kavka.manifests)
    if (options.diskBytes !== undefined) kavka.mountDisk(options.diskBytes)
    kavka.write('cluster.yaml', clusterManifest(options))
    const topics = Object.entries(options.topics ?? {})
    kavka.write('topics.yaml', topics.map(([name, own]) => topicManifest(name, own)).join(''))
    try {
      await kavka.startUp()
      await kavka.ready(options.brokers ?? 1)
    } catch (error) {
      await kavka[Symbol.asyncDispose]()
      throw error
    }
    return kavka
  }

  private mountDisk(bytes: number): void {
    mkdirSync(this.dataDirectory)
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', this.dataDirectory])
    this.hasDisk = true
  }

  get bootstrapServers(): string {
    return `localhost:${this.basePort}`
  }

  remove(file: string): void {
    rmSync(join(this.manifests, file))
  }

  write(file: string, content: string): void {
    writeFileSync(join(this.manifests, file), content)
  }

  /** Starts `kavka up` on what is there. */
  async startUp(): Promise<void> {
    const args = ['up', this.manifests, '--data-dir', this.dataDirectory]
    this.up = spawnKavka([...args, '--base-port', `${this.basePort}`])
    for (const stream of [this.up.stdout, this.up.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        this.said += chunk
      })
    }
  }

  /** Another `kavka up` on the same data, which is to give up. */
  async secondUp(): Promise<{ lines: string; code: number | null }> {
    const args = ['up', this.manifests, '--data-dir', this.dataDirectory]
    const second = spawnKavka([...args, '--base-port', `${this.basePort}`])
    const [lines] = await Promise.all([
      text(second.stderr as NodeJS.ReadableStream),
      once(second, 'exit'),
    ])
    return { lines, code: second.exitCode }
  }

  /** Ends `kavka up`, and unless it is killed all that it started. @returns Its exit code. */
  async stopUp(signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): Promise<number | null> {
    const { up } = this
    if (up === undefined) return null
    if (up.exitCode === null && up.signalCode === null) {
      const gone = once(up, 'exit')
      up.kill(signal)
      await gone
    }
    return up.exitCode
  }

  /** Has `kavka up` itself stand still, or go on. */
  signalUp(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.up?.kill(signal)
  }

  /** Waits until `kavka up` has printed something. */
  async saying(wanted: string): Promise<void> {
    const endMs = performance.now() + 30_000
    while (!this.said.includes(wanted)) {
      if (performance.now() > endMs) throw new Error(`not said: ${wanted}\n${this.said}`)
      await sleep(20)
    }
  }

  /** What `kavka status` prints, without a process of its own: it is asked for again and again. */
  async status(): Promise<ClusterStatus | undefined> {
    return currentStatus(this.dataDirectory)?.status.clusters[0]
  }

  /** What `kavka status` prints for people. */
  async statusText(): Promise<string> {
    const status = spawnKavka(['status', '--data-dir', this.dataDirectory])
    const [printed] = await Promise.all([
      text(status.stdout as NodeJS.ReadableStream),
      once(status, 'exit'),
    ])
    return printed
  }

  /** Waits until the status is as wanted. @throws With all that was said, if that takes too long. */
  async until(what: string, holds: (status: ClusterStatus) => boolean): Promise<ClusterStatus> {
    const endMs = performance.now() + 30_000
    while (performance.now() < endMs) {
      const status = await this.status()
      if (status !== undefined && holds(status)) return status
      if (this.up?.exitCode !== null && this.up?.exitCode !== undefined) break
      await sleep(50)
    }
    const status = JSON.stringify(await this.status())
    throw new Error(`not ${what}: ${status}\n${this.said}\n${this.brokerLogs()}`)
  }

  /** The ends of what its brokers wrote. */
  private brokerLogs(): string {
    const brokers = join(this.dataDirectory, brokersFolder)
    if (!existsSync(brokers)) return 'no broker was ever there'
    const logs = readdirSync(brokers).map((id) => {
      const file = join(brokers, id, 'broker.log')
      const lines = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : []
      return [`broker ${id}:`, ...lines.slice(-20)].join('\n')
    })
    return logs.join('\n')
  }

  /** Of a broker that runs. */
  async pidOf(brokerId: number): Promise<number> {
    const pid = (await this.status())?.brokers.find(({ id }) => id === brokerId)?.pid
    if (pid === null || pid === undefined) throw new Error(`broker ${brokerId} does not run`)
    return pid
  }

  /**
   * Waits until all brokers can be used and each partition is in sync on all of its replicas.
   *
   * @param former Processes that are to be gone by then.
   */
  whole(brokers: number, former: readonly number[] = []): Promise<ClusterStatus> {
    return this.until('whole', (status) => {
      const ready = status.brokers.filter(({ state }) => state === 'Ready')
      const isNew = ready.every(({ pid }) => pid !== null && !former.includes(pid))
      const partitions = status.topics.flatMap((topic) => topic.partitions)
      const areInSync = partitions.every(({ leader, isr, replicas }) => {
        return leader !== null && isr.length === replicas.length
      })
      return ready.length === brokers && isNew && areInSync
    })
  }

  /** Waits until there is no cluster any more. */
  async untilGone(): Promise<void> {
    const endMs = performance.now() + 30_000
    while ((await this.status()) !== undefined) {
      if (performance.now() > endMs) throw new Error(`it stays\n${this.said}`)
      await sleep(20)
    }
  }

  /** What there is of a broker on the disk. */
  brokerFolder(brokerId: number): string {
    return join(this.dataDirectory, brokersFolder, `${brokerId}`)
  }

  /** Waits until all brokers can be used. */
  ready(brokers: number): Promise<ClusterStatus> {
    return this.until(`${brokers} brokers ready`, (status) => {
      return status.brokers.filter(({ state }) => state === 'Ready').length === brokers
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopUp('SIGTERM')
    for (const { pid } of (await this.status())?.brokers ?? []) {
      if (pid !== null) killIfThere(pid)
    }
    if (this.hasDisk) execFileSync('umount', ['--lazy', this.dataDirectory])
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** In the data directory. */
const brokersFolder = 'clusters/default/demo/brokers'

function spawnKavka(args: readonly string[]): ChildProcess {
  const main = join(import.meta.dirname, '../../cli/main.ts')
  return spawn(process.execPath, [main, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
}

export function clusterManifest(options: KavkaOptions): string {
  const { brokers = 1, config = {}, controller, racks } = options
  const all = { 'default.replication.factor': '1', 'min.insync.replicas': '1', ...config }
  const said = Object.entries(all).filter(([, value]) => value !== undefined)
  const settings = said.map(([key, value]) => `    ${key}: "${value}"\n`)
  return [
    'apiVersion: kavka.dev/v1alpha1\nkind: KafkaCluster\nmetadata: {name: demo}\nspec:\n',
    `  brokers:\n    replicas: ${brokers}\n    storage: {type: Ephemeral}\n`,
    racks === undefined ? '' : `    rack: {names: [${racks.join(', ')}]}\n`,
    settings.length === 0 ? '' : '  config:\n',
    ...settings,
    controller === undefined ? '' : `  controller: ${JSON.stringify(controller)}\n`,
  ].join('')
}

type TopicOptions = NonNullable<KavkaOptions['topics']>[string] & {
  deletionPolicy?: 'Delete' | 'Retain'
}

export function topicManifest(name: string, options: TopicOptions): string {
  const { partitions, replicationFactor = 1, config = {}, deletionPolicy = 'Delete' } = options
  const settings = Object.entries(config).map(([key, value]) => `    ${key}: "${value}"\n`)
  return [
    `---\napiVersion: kavka.dev/v1alpha1\nkind: Topic\nmetadata: {name: ${name}}\nspec:\n`,
    `  clusterRef: {name: demo}\n  partitions: ${partitions}\n  replicationFactor: ${replicationFactor}\n`,
    `  deletionPolicy: ${deletionPolicy}\n`,
    settings.length > 0 ? `  config:\n${settings.join('')}` : '',
  ].join('')
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/**
 * Of which the ports for brokers, their internal ones and the controller's are free just now. Tests that
 * run at the same time have ranges of their own: a port of one that is away for a moment would be taken.
 * All are below those that the kernel gives to clients.
 */
export async function freeBasePort(brokers: number): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const base = firstPort + (given++ % blocks) * blockPorts
    const offsets = Array.from({ length: brokers + 5 }, (_, index) => [index, index + 100]).flat()
    const free = await Promise.all([99, ...offsets].map((offset) => isFree(base + offset)))
    if (free.every(Boolean)) return base
  }
  throw new Error('no free ports')
}

/** A further cluster of one `kavka up` begins a thousand ports above. */
const blockPorts = 110
const blocks = 9
const workerPorts = 7_000
const firstPort = 11_000 + (Number(process.env['VITEST_POOL_ID'] ?? 0) % 3) * workerPorts
let given = 0

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}
