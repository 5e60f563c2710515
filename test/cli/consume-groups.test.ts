import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../broker/net/support.ts'
import { whyNoKcat } from '../clients/tools.ts'
import { RunningKavka } from '../support/kavka.ts'
import { RunningCommand, RunningProgram, runCommand } from './running-command.ts'

// One broker for all: each test has a topic and a group of its own.
let kavka: RunningKavka
beforeAll(async () => {
  const config = { 'group.initial.rebalance.delay.ms': '0', 'num.partitions': '4' }
  kavka = await RunningKavka.start({ config })
}, 60_000)
afterAll(() => kavka[Symbol.asyncDispose]())

test('a group goes on where it has printed, however it ended: enough, at the end, or Ctrl-C', {
  timeout: 60_000,
}, async () => {
  const { produce, consume } = of('where-it-was')
  await produce(0, 10)

  const enough = await consume('--from-beginning', '--max-messages', '3').end()
  expect(enough).toMatchObject({ code: 0, stderr: '' })
  const toEnd = await consume('--from-beginning', '--exit-at-end').end()
  expect(toEnd).toMatchObject({ code: 0, stderr: '' })
  expect(numbersOf(enough.stdout, toEnd.stdout)).toEqual(range(0, 10))

  const interrupted = consume()
  await produce(10, 20)
  await until(() => interrupted.lineCount === 10, 'read')
  interrupted.process.kill('SIGINT')
  expect(await interrupted.end()).toMatchObject({ code: 0, stderr: '' })
  expect(numbersOf(interrupted.stdout)).toEqual(range(10, 20))

  await produce(20, 21)
  const last = await consume('--timeout-ms', '500').end()
  expect(numbersOf(last.stdout)).toEqual([20])
})

test('where nothing is committed, it begins as its options say, and that is kept', async () => {
  const { produce, consume } = of('begins')
  await produce(0, 5)

  const now = await consume('--exit-at-end').end()
  expect(now).toMatchObject({ code: 0, stderr: '' })
  expect(numbersOf(now.stdout)).toEqual([])
  await produce(5, 10)
  const more = await consume('--from-beginning', '--exit-at-end').end()
  expect(numbersOf(more.stdout)).toEqual(range(5, 10))
})

test('two share the partitions, each record is printed once; one that leaves gives up its share at once', async () => {
  const { produce, consume } = of('shared')
  await produce(0, 400)
  const one = consume('--from-beginning')
  await until(() => one.lineCount === 400, 'read by one')

  const two = consume('--from-beginning')
  let sent = 400
  while (two.lineCount === 0) await produce(sent, (sent += 40))
  await until(() => one.lineCount + two.lineCount >= sent, 'read by both')
  const before = two.lineCount
  one.process.kill('SIGINT')
  expect(await one.end()).toMatchObject({ code: 0, stderr: '' })
  await produce(sent, (sent += 40))
  await until(() => two.lineCount === before + 40, 'read by the other alone')

  two.process.kill('SIGINT')
  expect(await two.end()).toMatchObject({ code: 0, stderr: '' })
  expect(numbersOf(one.stdout, two.stdout)).toEqual(range(0, sent))
}, 60_000)

test('after kill -9 what was not committed is printed again, and nothing is left out', async () => {
  const { produce, consume } = of('killed')
  await produce(0, 100)
  const first = consume('--from-beginning')
  await until(() => first.lineCount === 100, 'read')
  first.process.kill('SIGKILL')
  await first.end()
  await produce(100, 200)

  // Its session has to end first.
  const second = await consume('--from-beginning', '--exit-at-end').end()
  expect(second).toMatchObject({ code: 0, stderr: '' })
  const all = new Set(numbersOf(first.stdout, second.stdout))
  expect([...all]).toEqual(range(0, 200))
}, 60_000)

test.skipIf(whyNoKcat() !== undefined)(
  'kcat and it share a group, whoever leads it',
  async () => {
    const { produce, consume, topic } = of('with-kcat')
    await produce(0, 40)
    const kcat = () => {
      const reset = ['-X', 'auto.offset.reset=earliest', '-X', 'heartbeat.interval.ms=500']
      const on = ['-b', kavka.bootstrapServers, '-u', '-q', ...reset]
      return new RunningProgram('kcat', [...on, '-G', topic, topic])
    }
    const kavkas = [consume('--from-beginning')]
    const kcats = [kcat()]
    let sent = 40
    const both = [...kavkas, ...kcats]
    while (both.some(({ lineCount }) => lineCount === 0)) await produce(sent, (sent += 40))
    await until(() => total(both) >= sent, 'read by both')

    kavkas[0]?.process.kill('SIGINT') // kcat leads, if it did not
    await kavkas[0]?.end()
    const again = consume('--from-beginning')
    while (again.lineCount === 0) await produce(sent, (sent += 40))
    kcats[0]?.process.kill('SIGTERM')
    await kcats[0]?.end()
    await until(() => total([...both, again]) >= sent, 'read')
    again.process.kill('SIGINT')
    expect(await again.end()).toMatchObject({ code: 0 })
    const all = new Set(numbersOf(...[...both, again].map(({ stdout }) => stdout)))
    expect([...all]).toEqual(range(0, sent))
  },
  60_000,
)

test.skipIf(whyNoKcat() !== undefined)(
  'a group that shares out otherwise is told in one line',
  async () => {
    const { produce, consume, topic } = of('not-by-range')
    await produce(0, 1)
    const on = ['-b', kavka.bootstrapServers, '-u', '-q', '-X', 'auto.offset.reset=earliest']
    const strategy = ['-X', 'partition.assignment.strategy=roundrobin']
    const kcat = new RunningProgram('kcat', [...on, ...strategy, '-G', topic, topic])
    await until(() => kcat.lineCount === 1, 'read')

    const { code, stderr } = await consume().end()
    expect(code).toBe(1)
    expect(stderr).toMatch(/^kavka consume: group 'not-by-range' does not share .* by range.*\n$/)
  },
)

test('a broker that is killed meanwhile stops no member: each record is printed once', {
  timeout: 60_000,
}, async () => {
  const { produce, consume } = of('broker-killed')
  await produce(0, 40)
  const both = [consume('--from-beginning'), consume('--from-beginning')]
  let sent = 40
  while (both.some(({ lineCount }) => lineCount === 0)) await produce(sent, (sent += 40))
  await until(() => total(both) >= sent, 'read by both')

  const pid = (await kavka.status())?.brokers[0]?.pid ?? 0
  process.kill(pid, 'SIGKILL')
  await kavka.until('started again', ({ brokers }) => brokers[0]?.pid !== pid)
  await kavka.ready(1)
  await produce(sent, (sent += 100))
  await until(() => total(both) >= sent, 'read after it')
  for (const one of both) one.process.kill('SIGINT')
  for (const one of both) expect(await one.end()).toMatchObject({ code: 0 })
  expect(numbersOf(...both.map(({ stdout }) => stdout))).toEqual(range(0, sent))
})

/** A topic and a group of the same name. */
function of(topic: string) {
  const on = [topic, '--bootstrap-server', kavka.bootstrapServers]
  return {
    topic,
    produce: async (begin: number, end: number) => {
      const keyed = range(begin, end).map((number) => `${number}:${number}\n`)
      const args = ['produce', ...on, '--key-separator', ':']
      expect(await runCommand(args, keyed.join(''))).toMatchObject({ code: 0, stderr: '' })
    },
    consume: (...args: string[]) =>
      new RunningCommand(['consume', ...on, '--group', topic, ...args]),
  }
}

function total(readers: readonly RunningProgram[]): number {
  return readers.reduce((sum, { lineCount }) => sum + lineCount, 0)
}

function range(begin: number, end: number): number[] {
  return Array.from({ length: end - begin }, (_, index) => begin + index)
}

function numbersOf(...printed: Buffer[]): number[] {
  const lines = printed.flatMap((one) => one.toString().split('\n').slice(0, -1))
  return lines.map(Number).toSorted((a, b) => a - b)
}
