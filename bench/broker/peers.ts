import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BrokerOptions } from '../../broker/config/broker-options.ts'
import { nodeSettings } from '../../broker/node-settings.ts'
import { startKafka } from '../../scripts/kafka/broker.ts'
import { startMemoryController } from '../../test/support/memory-controller.ts'
import { clusterId, secret } from '../../test/support/test-cluster.ts'

/** A broker that is measured. */
export type Peer = {
  readonly name: string
  readonly address: string
  readonly pid: number
  /** Kills it and starts it again on its data. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/**
 * One broker process as a package has it, compiled, with its controller in this process: types that
 * Node strips at the start would count as its memory.
 *
 * @param options.dist Where `npm run build` put it, for those that are held against each other.
 * @param options.config Settings by Kafka's names.
 */
export async function startKavkaPeer({
  dist = built(),
  name = 'kavka',
  config = {},
}: {
  dist?: string
  name?: string
  config?: Record<string, string>
} = {}): Promise<Peer> {
  const [broker, stop] = await startKavkaBrokers(1, { dist, config })
  const [first] = broker as [KavkaProcess]
  return {
    name,
    address: first.address,
    get pid() {
      return first.pid
    },
    restart: () => first.restart(),
    stop,
  }
}

/** A broker process of a cluster whose controller is in this process. */
export type KavkaProcess = {
  readonly address: string
  readonly pid: number
  /** Kills it and starts it again on its data. */
  restart(): Promise<void>
}

/** So many of them, and what stops them all. */
export async function startKavkaBrokers(
  count: number,
  { dist = built(), config = {} }: { dist?: string; config?: Record<string, string> } = {},
): Promise<[KavkaProcess[], () => Promise<void>]> {
  const folder = mkdtempSync(join(tmpdir(), 'kavka-bench-'))
  const secretFile = join(folder, 'secret')
  writeFileSync(secretFile, secret)
  // This process may be busy with being many clients.
  const controller = await startMemoryController({ sessionTimeoutMs: 60_000 })
  const started: { child: ChildProcess }[] = []
  const brokers: KavkaProcess[] = []
  for (let nodeId = 1; nodeId <= count; nodeId++) {
    const [port, metricsPort] = await freePorts()
    const listener = { host: '127.0.0.1', port: 0, advertisedHost: '127.0.0.1', advertisedPort: 0 }
    const options: BrokerOptions = {
      clusterId,
      nodeId,
      rack: null,
      dataDir: join(folder, `data-${nodeId}`),
      secretFile,
      listeners: { client: { ...listener, port }, internal: listener },
      controllers: [{ host: '127.0.0.1', port: controller.port }],
      metricsPort,
      config,
      autoCreateTopics: true,
      stopWithoutControllerMs: null,
    }
    mkdirSync(options.dataDir)
    const file = join(folder, `broker-${nodeId}.json`)
    writeFileSync(file, JSON.stringify(options))
    const args = [...nodeSettings.flags, join(dist, 'broker/main.js'), '--config', file]
    const start = async () => {
      const child = spawn(process.execPath, args, {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, ...nodeSettings.env },
      })
      await ready(child, metricsPort)
      return child
    }
    const own = { child: await start() }
    started.push(own)
    brokers.push({
      address: `127.0.0.1:${port}`,
      get pid() {
        return own.child.pid as number
      },
      async restart() {
        if (own.child.kill('SIGKILL')) await once(own.child, 'exit')
        own.child = await start()
      },
    })
  }
  const stop = async () => {
    for (const { child } of started) {
      child.kill('SIGTERM')
      await once(child, 'exit')
    }
    await controller.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return [brokers, stop]
}

/** Apache Kafka 4.3.1 with a heap of 1 GB, its own default. @param settings More of its properties. */
export async function startKafkaPeer(settings: Record<string, number> = {}): Promise<Peer> {
  const folder = mkdtempSync(join(tmpdir(), 'kafka-bench-'))
  let kafka = await startKafka(folder, settings, { heap: '1g' })
  return {
    name: 'Kafka',
    address: kafka.bootstrapServers,
    get pid() {
      return kafka.pid
    },
    async restart() {
      await kafka.stop('kill')
      kafka = await kafka.startAgain()
    },
    async stop() {
      await kafka.stop('in order')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Compiles what is there now. @returns The folder. */
function built(): string {
  const root = join(import.meta.dirname, '../..')
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' })
  return join(root, 'dist')
}

async function ready(child: ChildProcess, metricsPort: number): Promise<void> {
  while (child.exitCode === null) {
    const answer = await fetch(`http://127.0.0.1:${metricsPort}/readyz`).catch(() => undefined)
    if (answer?.status === 200) return
    await sleep(20)
  }
  throw new Error('the broker did not start, see above')
}

/** Both at once, so that they differ. */
async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()] as const
  const ports = servers.map(async (server) => {
    await once(server.listen(0, '127.0.0.1'), 'listening')
    return (server.address() as { port: number }).port
  })
  const [port = 0, other = 0] = await Promise.all(ports)
  for (const server of servers) server.close()
  return [port, other]
}
