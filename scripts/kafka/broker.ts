import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { kafkaClassPath } from './jars.ts'

export type RealKafka = {
  readonly bootstrapServers: string
  /** `controller.quorum.voters`, for brokers that are to join it. */
  readonly voters: string
  readonly pid: number
  /** Where partitions have their directories. */
  readonly dataDirectory: string
  /** Asks it to stop in order, or kills it, and waits until it is gone. */
  stop(how: 'in order' | 'kill'): Promise<void>
  /** Once it is stopped: the same one, on its data. @throws As `startKafka`. */
  startAgain(): Promise<RealKafka>
}

/**
 * Starts a node of Kafka on free ports of this machine: broker and controller in one, unless it is given a
 * role. What it writes goes into `folder`. It takes about 5 s until it answers.
 *
 * @param settings More lines of its properties.
 * @throws With the end of its log if it does not come up.
 */
export async function startKafka(
  folder: string,
  settings: Readonly<Record<string, string | number>> = {},
  { heap = '512m', nodeId = 1, jvm = [], patienceMs = 30_000, ...place }: StartOptions = {},
): Promise<RealKafka> {
  const dataDirectory = join(folder, 'data')
  const propertiesFile = join(folder, 'server.properties')
  const [port, controllerPort] = await freePorts()
  mkdirSync(folder, { recursive: true })
  const { role = 'broker,controller', voters = `${nodeId}@127.0.0.1:${controllerPort}` } = place
  const ports = { port, controllerPort }
  const own = propertiesOf(ports, { nodeId, dataDirectory, role, voters })
  const properties = { ...own, ...settings }
  const lines = Object.entries(properties).map(([key, value]) => `${key}=${value}\n`)
  writeFileSync(propertiesFile, lines.join(''))

  const java = [`-Xmx${heap}`, ...jvm, '-cp', kafkaClassPath('broker')]
  const format = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', propertiesFile]
  execFileSync('java', [...java, ...format], { stdio: ['ignore', 'ignore', 'inherit'] })
  const listensOn = role === 'controller' ? controllerPort : port
  return run({ folder, port: listensOn, voters, dataDirectory, propertiesFile, java, patienceMs })
}

async function run(files: Started): Promise<RealKafka> {
  const { folder, port, voters, dataDirectory, propertiesFile, java, patienceMs } = files
  const logFile = join(folder, 'server.log')
  const log = openSync(logFile, 'w')
  const child = spawn('java', [...java, 'kafka.Kafka', propertiesFile], {
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  if (!(await answers(port, child, patienceMs))) {
    await stop(child, 'SIGKILL')
    throw new Error(`Kafka did not start: ${readFileSync(logFile, 'utf8').slice(-3_000)}`)
  }
  return {
    bootstrapServers: `127.0.0.1:${port}`,
    voters,
    pid: child.pid as number,
    dataDirectory,
    stop: (how) => stop(child, how === 'kill' ? 'SIGKILL' : 'SIGTERM'),
    startAgain: () => run(files),
  }
}

type Started = {
  readonly folder: string
  readonly port: number
  readonly voters: string
  readonly dataDirectory: string
  readonly propertiesFile: string
  /** Arguments before the program. */
  readonly java: readonly string[]
  readonly patienceMs: number
}

type Role = 'broker' | 'controller' | 'broker,controller'

type StartOptions = {
  readonly heap?: string
  readonly nodeId?: number
  readonly role?: Role
  /** Of a controller that runs already: a broker by itself needs one. */
  readonly voters?: string
  /** More options of its JVM. */
  readonly jvm?: readonly string[]
  /** How long it may take until it answers. */
  readonly patienceMs?: number
}

type Identity = {
  readonly nodeId: number
  readonly dataDirectory: string
  readonly role: Role
  readonly voters: string
}

function propertiesOf(
  { port, controllerPort }: { port: number; controllerPort: number },
  { nodeId, dataDirectory, role, voters }: Identity,
) {
  const listeners = {
    broker: `PLAINTEXT://127.0.0.1:${port}`,
    controller: `CONTROLLER://127.0.0.1:${controllerPort}`,
  }
  return {
    'process.roles': role,
    'node.id': nodeId,
    'controller.quorum.voters': voters,
    'controller.listener.names': 'CONTROLLER',
    listeners: role === 'broker,controller' ? Object.values(listeners).join() : listeners[role],
    'log.dirs': dataDirectory,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
  }
}

async function answers(port: number, child: ChildProcess, patienceMs: number): Promise<boolean> {
  const endMs = performance.now() + patienceMs
  while (performance.now() < endMs && child.exitCode === null) {
    const socket = connect(port, '127.0.0.1')
    const connected = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (connected) return true
    await sleep(100)
  }
  return false
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill(signal)
  await gone
}

/** Both at once, so that they differ. */
async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()] as const
  const ports = servers.map(async (server) => {
    await once(server.listen(0, '127.0.0.1'), 'listening')
    return (server.address() as { port: number }).port
  })
  const [port = 0, controllerPort = 0] = await Promise.all(ports)
  for (const server of servers) server.close()
  return [port, controllerPort]
}

const clusterId = 'MkU3OEVBNTcwNTJENDM2Qg'
