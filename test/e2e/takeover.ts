import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { createTopic, Load } from './clients.ts'
import { figure, heading, spread } from './figures.ts'
import { kubectl, lab } from './kubectl.ts'
import { activeOperator, operatorsReady, processOf } from './operators.ts'

/** How long topics cannot be made when the active operator is gone, while records are produced. */
export async function takeover(rounds: number): Promise<void> {
  heading('The active operator is gone: until a standby makes a topic')
  const load = await Load.start(3, 'demo-kafka-plain:9092', 'orders')
  await each('its process is killed', rounds, 1_000, async () => {
    process.kill(processOf(await activeOperator()), 'SIGKILL')
  })
  await each('its pod is deleted by force', Math.ceil(rounds / 4), 1_000, async () => {
    const { pod } = await activeOperator()
    await kubectl('-n', 'kavka', 'delete', 'pod', pod, '--force', '--grace-period=0')
  })
  const stopped: number[] = []
  await each(
    'it hangs (SIGSTOP)',
    Math.ceil(rounds / 4),
    4_500,
    async () => {
      const pid = processOf(await activeOperator())
      process.kill(pid, 'SIGSTOP')
      stopped.push(pid)
    },
    () => {
      for (const pid of stopped.splice(0)) process.kill(pid, 'SIGCONT')
    },
  )
  const { node } = await activeOperator()
  const report = await load.stop()
  figure(
    'meanwhile',
    `${report.sent} records, ${report.failures} refused, the slowest ${report.slowestMs.toFixed(0)} ms`,
  )
  assert.equal(report.failures, 0)
  await nodeLost(node)
}

/** The load would lose brokers with the node, so it is ended before. */
async function nodeLost(node: string): Promise<void> {
  const number = node.replace('node', '')
  if (number === '1') return figure('its node is lost', 'not tried: the client is there')
  await each(
    'its node is lost',
    1,
    4_500,
    async () => {
      await lab('node-stop', number)
    },
    () => lab('node-start', number),
  )
}

let topics = 0

async function each(
  what: string,
  rounds: number,
  goalMs: number,
  end: () => Promise<unknown>,
  after: () => unknown = () => {},
): Promise<void> {
  const tookMs: number[] = []
  for (let round = 0; round < rounds; round++) {
    await operatorsReady()
    await createTopic(`warm-${topics}`, 30_000) // brokers have found the active one
    await sleep(1_000)
    const ended = end()
    topics += 1
    tookMs.push(await createTopic(`after-${topics}`, 30_000))
    await ended
    await after()
  }
  const within = tookMs.filter((ms) => ms <= goalMs).length
  figure(what, `${spread(tookMs)}; within ${goalMs / 1_000} s: ${within} of ${rounds}`)
}
