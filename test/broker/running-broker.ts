import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import type { BrokerOptions } from '../../broker/config/broker-options.ts'
import { metadataRecord } from '../../broker/metadata/records.ts'
import type { ClientConnection } from '../../broker/net/client-connection.ts'
import { connect } from '../../broker/net/connect.ts'
import { realClock } from '../../lib/clock.ts'
import type { FakeController } from '../support/fake-controller.ts'
import { clusterId, secret } from '../support/test-cluster.ts'
import { numberedBatch } from './log/numbered-batches.ts'
import { uuid } from './metadata/support.ts'

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kavka-broker-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Options of broker 3 with its data in a folder, where all ports are free ones. */
export function optionsIn(
  folder: string,
  controller: { host: string; port: number },
  more: Partial<BrokerOptions> = {},
): BrokerOptions {
  const listener = { host: '127.0.0.1', port: 0, advertisedHost: 'localhost', advertisedPort: 0 }
  const secretFile = join(folder, 'secret')
  writeFileSync(secretFile, secret)
  return {
    clusterId,
    nodeId: 3,
    rack: null,
    dataDir: join(folder, 'data'),
    secretFile,
    listeners: { client: listener, internal: listener },
    controllers: [controller],
    metricsPort: 0,
    config: {},
    autoCreateTopics: true,
    stopWithoutControllerMs: null,
    ...more,
  }
}

export type Line = { readonly [name: string]: unknown; readonly message: string }

const mains = {
  /** With a stub behind its listeners. */
  stub: new URL('stub-main.ts', import.meta.url),
  failing: new URL('failing-main.ts', import.meta.url),
  shipped: new URL('../../broker/main.ts', import.meta.url),
}

/** A process of its own that runs one broker, gone at the end of the test. */
export class RunningBroker {
  readonly lines: Line[] = []
  readonly beganMs = performance.now()
  stderr = ''
  private readonly child: ChildProcess
  private readonly exited: Promise<unknown>

  private constructor(main: string, args: readonly string[]) {
    this.child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.exited = once(this.child, 'close')
    let rest = ''
    this.child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      const all = (rest + chunk).split('\n')
      rest = all.pop() ?? ''
      for (const line of all) this.lines.push(JSON.parse(line) as Line)
    })
    this.child.stderr
      ?.setEncoding('utf8')
      .on('data', (chunk: string) => void (this.stderr += chunk))
    onTestFinished(async () => {
      this.child.kill('SIGKILL')
      await this.exited
    })
  }

  static withArgs(args: readonly string[], main: keyof typeof mains = 'stub'): RunningBroker {
    return new RunningBroker(mains[main].pathname, args)
  }

  static start(folder: string, options: unknown, main?: keyof typeof mains): RunningBroker {
    const file = join(folder, 'broker.json')
    writeFileSync(file, JSON.stringify(options))
    return RunningBroker.withArgs(['--config', file], main)
  }

  /** The line that says this, once it is there. */
  async said(message: string): Promise<Line> {
    const endMs = performance.now() + 15_000
    for (;;) {
      const line = this.lines.find((one) => one.message === message)
      if (line !== undefined) return line
      const isGone = this.child.exitCode !== null || this.child.signalCode !== null
      if (isGone || performance.now() > endMs) {
        throw new Error(`never said "${message}": ${JSON.stringify(this.lines)} ${this.stderr}`)
      }
      await sleep(2)
    }
  }

  async get(path: string): Promise<{ status: number; text: string }> {
    const { metrics } = await this.said('listens')
    const response = await fetch(`http://127.0.0.1:${metrics as number}${path}`)
    return { status: response.status, text: await response.text() }
  }

  /** @returns How long it took since the process was started, in milliseconds. */
  async ready(): Promise<number> {
    const endMs = performance.now() + 15_000
    while ((await this.get('/readyz')).status !== 200) {
      if (performance.now() > endMs) throw new Error(`never ready: ${JSON.stringify(this.lines)}`)
      await sleep(2)
    }
    return performance.now() - this.beganMs
  }

  async connect(): Promise<ClientConnection> {
    const { client } = await this.said('listens')
    return connect({ host: '127.0.0.1', port: client as number, clock: realClock })
  }

  /** As if whoever started it had died. */
  closeOutput(): void {
    this.child.stdout?.destroy()
    this.child.stderr?.destroy()
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }

  async exit(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    await this.exited
    return { code: this.child.exitCode, signal: this.child.signalCode }
  }
}

/** A topic of one partition that broker 3 leads. */
export function makeTopic(controller: FakeController, name: string, id: number): void {
  const topicId = uuid(id)
  controller.append([
    metadataRecord('TopicRecord', { name, topicId }),
    metadataRecord('PartitionRecord', {
      topicId,
      partitionId: 0,
      replicas: [3],
      isr: [3],
      addingReplicas: [],
      removingReplicas: [],
      leader: 3,
      leaderEpoch: 0,
      partitionEpoch: 0,
    }),
  ])
}

/** Sends the batch whose content follows from its number. @returns Its base offset, or an error code. */
export async function produce(
  connection: ClientConnection,
  topic: string,
  number: number,
): Promise<{ errorCode: number; baseOffset: number }> {
  const records = numberedBatch(number)
  records.fill(0, 0, 8) // producers do not know offsets
  const partitionData = [{ index: 0, records }]
  const topicData = [{ name: topic, partitionData }]
  const request = { acks: -1, timeoutMs: 5_000, topicData }
  const { responses } = await connection.request('Produce', 9, request)
  const answered = responses[0]?.partitionResponses[0]
  if (answered === undefined) throw new Error('an answer of no partition')
  return answered
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen({ host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
