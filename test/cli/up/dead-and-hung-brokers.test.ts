import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import type { ClusterStatus } from '../../../operator/embedded/status.ts'
import { whyLater } from '../../support/effort.ts'
import { type KavkaOptions, RunningKavka } from '../../support/kavka.ts'

const long = { timeout: 60_000 }
const later = { ...long, skip: whyLater !== undefined }

async function start(options: KavkaOptions): Promise<RunningKavka> {
  const kavka = await RunningKavka.start(options)
  onTestFinished(() => kavka[Symbol.asyncDispose]())
  return kavka
}

/** How many controllers a broker has found. */
function timesFollowed(kavka: RunningKavka, id: number): number {
  const log = join(kavka.brokerFolder(id), 'broker.log')
  return readFileSync(log, 'utf8').split('"follows a controller"').length - 1
}

const pidOf = ({ brokers }: ClusterStatus, id: number) =>
  brokers.find((broker) => broker.id === id)?.pid ?? undefined

test(
  'a broker that hangs is killed and started again: its clients need not wait for it',
  long,
  async () => {
    const kavka = await start({ brokers: 3 })
    const before = (await kavka.status()) as ClusterStatus
    const pid = pidOf(before, 1) as number
    const client = connect(kavka.basePort + 1, '127.0.0.1')
    client.on('error', () => {})
    await once(client, 'connect')
    const reset = new Promise((resolve) => client.once('close', resolve)) // with an error or without

    process.kill(pid, 'SIGSTOP')
    await reset
    await kavka.saying(
      'KafkaCluster demo: broker 1 said nothing any more: it is killed and started again',
    )
    const after = await kavka.until('back', (now) => {
      return pidOf(now, 1) !== pid && now.brokers.every(({ state }) => state === 'Ready')
    })
    expect([0, 2].map((id) => pidOf(after, id))).toEqual([0, 2].map((id) => pidOf(before, id)))
  },
)

test(
  'one that outlived another kavka up is killed too, once it was heard and hangs',
  long,
  async () => {
    const kavka = await start({ brokers: 2 })
    const pid = pidOf((await kavka.status()) as ClusterStatus, 1) as number
    await kavka.stopUp('SIGKILL')
    await kavka.startUp()
    await expect.poll(() => timesFollowed(kavka, 1), { timeout: 20_000 }).toBe(2)
    await sleep(1_000) // and it has said so more than once
    process.kill(pid, 'SIGSTOP')
    await kavka.until('back', (now) => pidOf(now, 1) !== pid && now.brokers[1]?.state === 'Ready')
  },
)

test('a kavka up that stood still kills nobody', later, async () => {
  const kavka = await start({ brokers: 3 })
  const before = (await kavka.status()) as ClusterStatus
  kavka.signalUp('SIGSTOP')
  await sleep(4_000)
  kavka.signalUp('SIGCONT')
  await sleep(3_000)
  const after = await kavka.ready(3)
  expect([0, 1, 2].map((id) => pidOf(after, id))).toEqual([0, 1, 2].map((id) => pidOf(before, id)))
})

test('where all are silent at once none is killed: they go on where they were', long, async () => {
  const kavka = await start({ brokers: 2 })
  const before = (await kavka.status()) as ClusterStatus
  const pids = [0, 1].map((id) => pidOf(before, id) as number)
  for (const pid of pids) process.kill(pid, 'SIGSTOP')
  await kavka.until('fenced', ({ brokers }) => brokers.every(({ state }) => state === 'Starting'))
  await sleep(500)
  for (const pid of pids) process.kill(pid, 'SIGCONT')
  const after = await kavka.ready(2)
  expect([0, 1].map((id) => pidOf(after, id))).toEqual(pids)
})

test(
  'a broker that outlived another kavka up and is killed is known to be dead at once',
  long,
  async () => {
    const times = { sessionTimeout: '20s', heartbeatInterval: '500ms', disconnectGrace: '20s' }
    const kavka = await start({ brokers: 2, controller: times })
    const pid = pidOf((await kavka.status()) as ClusterStatus, 1) as number
    await kavka.stopUp('SIGKILL')
    await kavka.startUp()
    await expect.poll(() => timesFollowed(kavka, 1), { timeout: 20_000 }).toBe(2)
    process.kill(pid, 'SIGKILL')
    await kavka.until('back', (now) => pidOf(now, 1) !== pid && now.brokers[1]?.state === 'Ready')
    expect(logOf(kavka)).toContain('broker 1 is fenced: its process ended')
  },
)

test(
  'one that died while nobody looked need not be waited for by its next process',
  long,
  async () => {
    const times = { sessionTimeout: '4s', heartbeatInterval: '500ms' }
    const kavka = await start({ brokers: 2, controller: times })
    const pid = pidOf((await kavka.status()) as ClusterStatus, 1) as number
    await kavka.stopUp('SIGKILL')
    process.kill(pid, 'SIGKILL')
    await kavka.startUp()
    await kavka.until('back', (now) => pidOf(now, 1) !== pid && now.brokers[1]?.state === 'Ready')
    expect(logOf(kavka)).toContain('broker 1 is fenced: it has no process any more')
  },
)

function logOf({ dataDirectory }: RunningKavka): string {
  return readFileSync(join(dataDirectory, 'kavka.log'), 'utf8')
}
