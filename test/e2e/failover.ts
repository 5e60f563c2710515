import type { ClientName } from '../../bench/failover/client-process.ts'
import { profiles } from '../../bench/failover/profiles.ts'
import { monotonicMs } from '../../bench/failover/until.ts'
import { brokerPods, threeApart } from './broker-pods.ts'
import { figure, heading, spread } from './figures.ts'
import { kubectl, lab, until } from './kubectl.ts'
import { activeOperator, operatorsReady, processOf } from './operators.ts'
import { aWhile, Written } from './written.ts'

/**
 * How long nothing is acknowledged when the leader of a partition is lost that a producer writes to each 5 ms,
 * and whether all that was acknowledged is there afterwards.
 */
export async function failover(runs: number): Promise<void> {
  heading('The leader of a partition is lost: the longest time between two acknowledgements')
  const some = Math.ceil(runs / 4)
  await connected('its pod is deleted by force', runs, 1_000, ({ pod }) => removeBroker(pod))
  await connected('its process is killed', some, 1_000, ({ pod }) => {
    process.kill(processOf(pod, 'broker/main.js'), 'SIGKILL')
  })
  // A session of 1.5 s, and the second that a pod has to stop.
  await connected('its process stands still', some, 4_000, ({ pod }) => {
    process.kill(processOf(pod, 'broker/main.js'), 'SIGSTOP')
  })
  await connected('its pod and the active operator are deleted', some, 5_000, async ({ pod }) => {
    const { pod: operator } = await activeOperator()
    return Promise.all([remove('kavka', operator), removeBroker(pod)])
  })
  await connected(
    'its process is killed while the active operator hangs',
    some,
    6_000,
    killWhileHanging,
  )

  heading('The node of the leader is lost')
  const rounds = runs >= 20 ? Math.ceil(runs / 4) : 1
  await nodeLost('it is turned off', rounds, { fault: turnedOff })
  await nodeLost('its cable is cut', rounds, { fault: cut })
  if (runs < 20) return
  await nodeLost('its cable is cut', rounds, { fault: cut, settings: atDefaults })
}

type Settings = Readonly<Record<ClientName, Readonly<Record<string, string>>>>

/** But that librdkafka numbers its records, so that none is written twice. */
const atDefaults: Settings = {
  librdkafka: { ...profiles.librdkafka.default, 'enable.idempotence': 'true' },
  java: profiles.java.default,
}
/** They wait 60 and 30 s for the answer of a broker that is silent, and 30 and 10 s for a connection. */
const withTimeouts: Settings = {
  librdkafka: {
    ...atDefaults.librdkafka,
    'socket.timeout.ms': '2000',
    'socket.connection.setup.timeout.ms': '1000',
  },
  java: {
    ...atDefaults.java,
    'request.timeout.ms': '2000',
    'socket.connection.setup.timeout.ms': '1000',
    'socket.connection.setup.timeout.max.ms': '1000', // else twice as long each time
  },
}
const clients = ['librdkafka', 'java'] as const

/**
 * Clients that are connected, at their defaults, while brokers are lost that are there again soon. Each time another
 * client: one that was thrown back to the address of a pod that is gone waits there for up to half a minute, and would
 * still do so where that broker leads again by then.
 */
async function connected(
  what: string,
  runs: number,
  goalMs: number,
  lose: (leader: { pod: string }) => unknown,
): Promise<void> {
  for (const client of clients) {
    const gapsMs: number[] = []
    let acknowledged = 0
    for (let run = 0; run < runs; run++) {
      const on = await threeApart()
      const node = on[2].node
      await using written = await Written.create(on, { client, settings: atDefaults[client], node })
      written.start()
      await operatorsReady()
      const leader = await written.recovered()
      await aWhile()
      const fromMs = monotonicMs()
      await lose({ pod: `demo-broker-${leader}` })
      await written.recovered()
      gapsMs.push(written.longestGapMs(fromMs))
      acknowledged += await written.judged()
    }
    tell(`${what}, ${client}`, gapsMs, goalMs)
    figure('  acknowledged, and all there once and in order', `${acknowledged} records`)
  }
}

/** What is done to a node by its number, and undone. */
type Fault = {
  readonly lose: (node: string) => Promise<unknown>
  readonly heal: (node: string) => Promise<unknown>
}
const turnedOff: Fault = {
  lose: (node) => lab('node-stop', node),
  heal: (node) => lab('node-start', node),
}
const cut: Fault = {
  lose: (node) => lab('net-cut', node),
  heal: (node) => lab('net-heal', node),
}

/** The clients that are connected, and others that begin then. The active operator is on another node. */
async function nodeLost(
  what: string,
  rounds: number,
  { fault, settings = withTimeouts }: { fault: Fault; settings?: Settings },
): Promise<void> {
  for (const client of clients) {
    const [gapsMs, freshMs]: [number[], number[]] = [[], []]
    let acknowledged = 0
    for (let round = 0; round < rounds; round++) {
      await operatorsReady()
      const { node: operatorNode } = await activeOperator()
      const leaderNode = (await brokerPods()).find(({ node }) => node !== operatorNode)?.node
      const on = await threeApart(leaderNode)
      const [leader] = on
      const node =
        on.find(({ node }) => node !== leader.node && node !== operatorNode)?.node ?? operatorNode
      const writer = { client, node, settings: settings[client] }
      await using written = await Written.create(on, writer)
      await using fresh = await Written.create(on, writer)
      written.start()
      await written.recovered()
      await aWhile()
      const fromMs = monotonicMs()
      const lost = fault.lose(leader.node.replace('node', ''))
      try {
        fresh.start()
        freshMs.push((await fresh.firstAckMs()) - fromMs)
        await written.goesOn()
      } finally {
        await lost
        await fault.heal(leader.node.replace('node', ''))
      }
      await Promise.all([written.recovered(), fresh.recovered()])
      gapsMs.push(written.longestGapMs(fromMs))
      acknowledged += (await written.judged()) + (await fresh.judged())
    }
    const [how, goalsMs] =
      settings === atDefaults ? ['defaults', []] : ['short timeouts', [5_000, 3_000]]
    tell(`${what}, ${client} that is connected, ${how}`, gapsMs, goalsMs[0])
    tell(`${what}, ${client} that begins then, ${how}`, freshMs, goalsMs[1])
    figure('  acknowledged, and all there once and in order', `${acknowledged} records`)
  }
}

async function killWhileHanging({ pod }: { pod: string }): Promise<void> {
  const { pod: operator } = await activeOperator()
  process.kill(processOf(operator, 'operator/main.js'), 'SIGSTOP')
  process.kill(processOf(pod, 'broker/main.js'), 'SIGKILL')
  await until('another operator is active', activeOperator, (now) => now.pod !== operator)
  process.kill(processOf(operator, 'operator/main.js'), 'SIGCONT')
}

function remove(namespace: string, pod: string): Promise<unknown> {
  const now = ['--grace-period=0', '--force', '--wait=false']
  return kubectl('-n', namespace, 'delete', 'pod', pod, ...now)
}

/** Until there is another of its name: what ran in the first may be there for a moment longer, and answer. */
async function removeBroker(pod: string): Promise<void> {
  const uid = () =>
    kubectl('get', 'pod', pod, '--ignore-not-found', '-o', 'jsonpath={.metadata.uid}')
  const before = await uid()
  await remove('default', pod)
  await until(`another ${pod}`, uid, (now) => now !== '' && now !== before)
}

/** @param goalMs Undefined: there is none. */
function tell(what: string, tookMs: readonly number[], goalMs: number | undefined): void {
  const within = tookMs.filter((ms) => ms <= (goalMs ?? 0)).length
  const goal =
    goalMs === undefined ? '' : `; within ${goalMs / 1_000} s: ${within} of ${tookMs.length}`
  figure(what, `${spread(tookMs)}${goal}`)
}
