import { expect, test } from 'vitest'
import { realClock, sleep } from '../../lib/clock.ts'
import { until } from '../broker/net/support.ts'
import { run, whyNoKcat } from '../clients/tools.ts'
import { RunningCommand, runCommand } from './running-command.ts'
import { ServingBroker } from './serving-broker.ts'

const toEnd = ['--from-beginning', '--exit-at-end']

test('what is sent is read, with keys, headers and offsets, and each key keeps its order', async () => {
  const broker = await ServingBroker.start()
  await broker.createTopic('orders', 3)
  const on = ['orders', '--bootstrap-server', broker.bootstrap]
  const numbers = Array.from({ length: 3_000 }, (_, number) => `key-${number % 7}:${number}`)
  const header = ['--header', 'source=test']

  const sent = await runCommand(
    ['produce', ...on, '--key-separator', ':', ...header],
    numbers.map((line) => `${line}\n`).join(''),
  )
  expect(sent).toMatchObject({ code: 0, stderr: '' })

  const printing = ['--print-key', '--print-headers', '--print-partition', '--print-offset']
  const read = await runCommand(['consume', ...on, ...toEnd, ...printing, '--key-separator', ':'])
  expect(read).toMatchObject({ code: 0, stderr: '' })
  const records = read.stdout.toString().trimEnd().split('\n')
  expect(records.toSorted()[0]).toMatch(/^Partition:0:Offset:0:source:test:key-\d:\d+$/)
  const keysAndValues = records.map((line) => line.split(':').slice(-2).join(':'))
  expect(byKey(keysAndValues)).toEqual(byKey(numbers))
  expect(new Set(records.map((line) => line.split(':')[1]))).toEqual(new Set(['0', '1', '2']))
})

test('any bytes but line ends pass unchanged in every compression; kcat reads the same', {
  timeout: 60_000,
}, async () => {
  const broker = await ServingBroker.start()
  const bytes = Buffer.from(Array.from({ length: 4_096 }, (_, index) => (index * 7) & 0xff))
  const input = Buffer.concat([bytes, Buffer.from('\r\n\nlast line without an end')])
  const whole = Buffer.concat([input, Buffer.from('\n')])

  for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
    const on = [compression, '--bootstrap-server', broker.bootstrap]
    await runCommand(['produce', ...on, '--compression', compression], input)

    const { stdout } = await runCommand(['consume', ...on, ...toEnd])
    expect(stdout.equals(whole)).toBe(true)
    if (whyNoKcat() !== undefined) continue
    const kcat = ['-C', '-t', compression, '-b', broker.bootstrap, '-e', '-q']
    expect((await run('kcat', kcat)).equals(whole)).toBe(true)
  }
})

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'a broker that is restarted by %s meanwhile loses and doubles nothing for either',
  { timeout: 60_000 },
  async (signal) => {
    const broker = await ServingBroker.start()
    await broker.createTopic('orders', 3)
    const on = ['orders', '--bootstrap-server', broker.bootstrap]
    const consume = new RunningCommand(['consume', ...on, '--from-beginning'])
    const produce = new RunningCommand(['produce', ...on])

    const work = { isEnough: false, sent: 0 }
    const load = (async () => {
      while (!work.isEnough) {
        for (let i = 0; i < 10; i++) produce.process.stdin.write(`${work.sent++}\n`)
        await sleep(realClock, 2)
      }
    })()
    await until(() => consume.lineCount > 100, 'read')
    await broker.restart(signal)
    const before = consume.lineCount
    await until(() => consume.lineCount > before + 100, 'read after the restart')
    work.isEnough = true
    await load
    produce.process.stdin.end()
    expect((await produce.end()).code).toBe(0)
    await until(() => consume.lineCount >= work.sent, 'all read')

    consume.process.kill('SIGINT')
    const { code, stdout } = await consume.end()
    expect(code).toBe(0)
    const all = Array.from({ length: work.sent }, (_, number) => number)
    const read = stdout.toString().trimEnd().split('\n').map(Number)
    expect(read.sort((a, b) => a - b)).toEqual(all)
  },
)

test('without --from-beginning only what comes from now on is read, as long as it comes', async () => {
  const broker = await ServingBroker.start()
  const on = ['orders', '--bootstrap-server', broker.bootstrap]
  await runCommand(['produce', ...on], 'before\n')

  const consume = new RunningCommand(['consume', ...on, '--max-messages', '2'])
  for (let number = 0; consume.process.exitCode === null; number++) {
    await runCommand(['produce', ...on], `${number}\n`)
  }
  const { code, stdout } = await consume.end()
  expect(code).toBe(0)
  const [first = Number.NaN, second] = stdout.toString().trimEnd().split('\n').map(Number)
  expect(second).toBe(first + 1)
})

test('one partition from an offset on, so many records, or until none comes', async () => {
  const broker = await ServingBroker.start()
  await broker.createTopic('orders', 2)
  const on = ['orders', '--bootstrap-server', broker.bootstrap, '--partition', '1']
  await runCommand(['produce', ...on], '0\n1\n2\n3\n')

  const some = await runCommand(['consume', ...on, '--offset', '1', '--max-messages', '2'])
  expect(some).toMatchObject({ code: 0, stdout: Buffer.from('1\n2\n') })
  const rest = await runCommand(['consume', ...on, '--offset', '2', '--timeout-ms', '300'])
  expect(rest).toMatchObject({ code: 0, stdout: Buffer.from('2\n3\n') })
  const beyond = await runCommand(['consume', ...on, '--offset', '5'])
  expect(beyond).toMatchObject({
    code: 1,
    stderr: 'kavka consume: partition 1 has offsets 0 to 4, not 5\n',
  })
})

test('fewer acknowledgements are enough where that is wanted', async () => {
  const broker = await ServingBroker.start()
  const on = ['orders', '--bootstrap-server', broker.bootstrap]

  for (const acks of ['1', '0']) {
    const sent = await runCommand(['produce', ...on, '--acks', acks], `acks=${acks}\n`)
    expect(sent).toMatchObject({ code: 0, stderr: '' })
  }
  const { stdout } = await runCommand(['consume', ...on, ...toEnd])
  expect(stdout.toString()).toBe('acks=1\nacks=0\n')
})

test('batches that are too large for a topic are split, and a record that is names the setting', async () => {
  const broker = await ServingBroker.start({ config: { 'message.max.bytes': '2000' } })
  const on = ['orders', '--bootstrap-server', broker.bootstrap]
  const lines = Array.from({ length: 100 }, (_, number) => `${number}`.padStart(100, ' '))

  const { code, stderr } = await runCommand(
    ['produce', ...on],
    [...lines, 'x'.repeat(3_000), 'after'].join('\n'),
  )
  expect(code).toBe(1)
  expect(stderr).toMatch(
    /^kavka produce: a record of about 30\d\d bytes .*message\.max\.bytes.*\n$/,
  )
  const { stdout } = await runCommand(['consume', ...on, ...toEnd])
  expect(stdout.toString().trimEnd().split('\n')).toEqual(lines)
})

test('a topic that is not there, and is not made by itself, is an error', async () => {
  const broker = await ServingBroker.start({ autoCreateTopics: false })

  const on = ['none', '--bootstrap-server', broker.bootstrap]
  const both = ['produce', 'consume'].map((command) => runCommand([command, ...on], 'a\n'))
  for (const { code, stderr } of await Promise.all(both)) {
    expect(code).toBe(1)
    expect(stderr).toMatch(/^kavka (produce|consume): there is no topic 'none'\n$/)
  }
})

test('where nobody listens, it says so', async () => {
  const { code, stderr } = await runCommand(['produce', 'a', '--bootstrap-server', 'localhost:1'])

  expect(code).toBe(1)
  expect(stderr).toBe(
    'kavka produce: cannot connect to localhost:1: refused, nobody listens there\n',
  )
})

test('a line without its key, or Ctrl-C, is the end, after what came before it was sent', async () => {
  const broker = await ServingBroker.start()
  const on = ['orders', '--bootstrap-server', broker.bootstrap]
  const consume = new RunningCommand(['consume', ...on, '--from-beginning'])

  const sent = await runCommand(['produce', ...on, '--key-separator', ':'], 'a:1\nb\nc:3\n')
  expect(sent).toMatchObject({
    code: 1,
    stderr: "kavka produce: line 2 has no key separator ':'\n",
  })
  const produce = new RunningCommand(['produce', ...on])
  produce.process.stdin.write('2\n')
  await until(() => consume.lineCount === 2, 'read')
  produce.process.kill('SIGINT')
  expect(await produce.end()).toMatchObject({ code: 0, stderr: '' })
  expect(consume.stdout.toString()).toBe('1\n2\n')
})

test('a reader of its output that ends, ends it quietly', async () => {
  const broker = await ServingBroker.start()
  const on = ['orders', '--bootstrap-server', broker.bootstrap]
  await runCommand(['produce', ...on], 'a\n')
  const consume = new RunningCommand(['consume', ...on, '--from-beginning'])
  await until(() => consume.lineCount === 1, 'read')

  consume.process.stdout.destroy()
  await runCommand(['produce', ...on], 'b\n')
  expect(await consume.end()).toMatchObject({ code: 0, stderr: '' })
})

function byKey(lines: readonly string[]): Record<string, string[]> {
  const values: Record<string, string[]> = {}
  for (const line of lines) {
    const [key = '', value = ''] = line.split(':')
    values[key] = [...(values[key] ?? []), value]
  }
  return values
}
