import { expect, test } from 'vitest'
import { run } from '../../../cli/commands/why.ts'
import { currentStatus } from '../../../cli/up/current-status.ts'
import { RunningKavka } from '../../support/kavka.ts'

async function why(...args: string[]): Promise<string[]> {
  const lines: string[] = []
  const say = (line: string) => void lines.push(line)
  expect(await run(args, { print: say, complain: say }), lines.join('\n')).toBe(0)
  return lines
}

test('kavka why tells of a broker that was killed, also after the next kavka up', {
  timeout: 60_000,
}, async () => {
  await using kavka = await RunningKavka.start({
    brokers: 2,
    topics: { orders: { partitions: 2 } },
  })
  const { brokers, topics } = await kavka.until('made', ({ topics }) => topics.length > 0)
  const leader = topics[0]?.partitions[0]?.leader as number
  const pid = brokers.find(({ id }) => id === leader)?.pid as number
  process.kill(pid, 'SIGKILL')
  await kavka.until('another process', ({ brokers }) => {
    const again = brokers.find(({ id }) => id === leader)
    return again?.state === 'Ready' && again.pid !== pid
  })

  const at = ['orders/0', '--data-dir', kavka.dataDirectory]
  const lines = await why(...at)
  const lost = lines.findIndex((line) => line.includes(`leader ${leader} -> none`))
  expect(lines[lost]).toContain(
    `BrokerFenced: broker ${leader} is gone, or was not heard of in time`,
  )
  expect(lines[lost + 1]).toMatch(
    new RegExp(`^ {2}failover of broker ${leader} \\(.+\\): 1 partition has no leader$`),
  )
  const steps = lines.slice(lost + 2, lost + 6).map((line) => line.trim().split(/ {2,}/)[0])
  expect(steps).toEqual(['last heard', 'detected', 'decided', 'appended'])
  expect(lines.at(-1)).toContain(`leader none -> ${leader}`)
  expect(lines.at(-1)).toContain(`BrokerUnfenced: broker ${leader} is there again, and nobody led`)

  const { metricsEndpoint = '' } = currentStatus(kavka.dataDirectory)?.status ?? {}
  const metrics = await (await fetch(metricsEndpoint)).text()
  expect(metrics).toMatch(/^kavka_controller_failovers_total\{.*cause="BrokerFenced"\} 1$/m)

  await kavka.stopUp('SIGTERM') // each broker stops in order, which is noted too
  await kavka.startUp()
  await kavka.ready(2)
  const later = await why(...at)
  expect(later.slice(0, lines.length)).toEqual(lines)
  expect(later.join('\n')).toContain('(it stops in order): 1 partition has no leader')
})
