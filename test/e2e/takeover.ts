import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { createTopic, Load } from './clients.ts'
import { figure, heading, spread } from './figures.ts'
import { kubectl, lab, until } from './kubectl.ts'
import { activeOperator, type Operator, operatorsReady, processOf } from './operators.ts'

/** How long topics cannot be made when the active operator is gone, while records are produced. */
export async function takeover(rounds: number): Promise<void> {
  heading('The active operator is gone: until a standby makes a topic')
  const load = await Load.start(3, 'demo-kafka-plain:9092', 'orders')
  await each('its process is killed', rounds, 1_000, {
    async prepare(active) {
      const pid = processOf(active.pod, program)
      return () => process.kill(pid, 'SIGKILL')
    },
    after: replace,
  })
  await each('its pod is deleted by force', Math.ceil(rounds / 4), 1_000, {
    prepare: async (active) => {
      const pid = processOf(active.pod, program)
      return async () => {
        await replace(active)
        await until(
          'it is gone',
          async () => existsSync(`/proc/${pid}`),
          (is) => !is,
          { everyMs: 5 },
        )
      }
    },
  })
  await each('it hangs (SIGSTOP)', Math.ceil(rounds / 4), 4_500, {
    async prepare(active) {
      const pid = processOf(active.pod, program)
      return () => process.kill(pid, 'SIGSTOP')
    },
    after: (active) => process.kill(processOf(active.pod, program), 'SIGCONT'),
  })
  await load.stop()
  // The load would lose brokers with the node, so it is ended before.
  await each('its node is lost', Math.ceil(rounds / 4), 4_500, {
    prepare: async ({ node }) => {
      return () => lab('net-cut', numberOf(node))
    },
    after: ({ node }) => lab('net-heal', numberOf(node)),
    awayFrom: ({ node }) => node,
  })
}

function numberOf(node: string): string {
  return node.replace('node', '')
}

/** Another pod is there at once; a container that was killed would be kept waiting. */
function replace({ pod }: Operator): Promise<unknown> {
  return kubectl('-n', 'kavka', 'delete', 'pod', pod, '--grace-period=0', '--force')
}

type Way = {
  /** @returns What ends it, at once. */
  readonly prepare: (active: Operator) => Promise<() => unknown>
  /** So that there are two again. */
  readonly after?: (active: Operator) => unknown
  /** A node that is of no use to a client then. */
  readonly awayFrom?: (active: Operator) => string
}

const program = 'operator/main.js'
let topics = 0

async function each(what: string, rounds: number, goalMs: number, way: Way): Promise<void> {
  const tookMs: number[] = []
  for (let round = 0; round < rounds; round++) {
    await operatorsReady()
    topics += 1
    await createTopic(`before-${topics}`, 30_000) // brokers have found the active one
    await sleep(1_000) // and the standby has a connection to it
    const active = await activeOperator()
    const begin = await way.prepare(active)
    const node = way.awayFrom?.(active) === 'node1' ? 2 : 1
    tookMs.push(await createTopic(`after-${topics}`, 60_000, { begin, node }))
    await way.after?.(active)
  }
  const within = tookMs.filter((ms) => ms <= goalMs).length
  figure(what, `${spread(tookMs)}; within ${goalMs / 1_000} s: ${within} of ${rounds}`)
}
