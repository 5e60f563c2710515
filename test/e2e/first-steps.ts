import assert from 'node:assert/strict'
import { figure, heading, timed } from './figures.ts'
import { javaProgram } from './java.ts'
import { field, kubectl, tool, until } from './kubectl.ts'
import { readmeCommands } from './readme.ts'

const bootstrap = 'demo-kafka-plain:9092'

/** From an empty cluster to records, by the commands of the README. */
export async function firstSteps(): Promise<void> {
  heading('From an empty cluster to records: the commands of the README')
  const beganMs = performance.now()
  let appliedMs = beganMs
  for (const command of readmeCommands('On Kubernetes')) {
    if (command.startsWith('kubectl apply')) appliedMs = performance.now()
    const shown = command.length > 62 ? `${command.slice(0, 59)}...` : command
    await timed(shown, () => tool('bash', ['-c', command]))
  }
  figure(
    'applied to Ready',
    `${((performance.now() - appliedMs) / 1_000).toFixed(1)} s (goal: 30 s)`,
  )

  const numbers = Array.from({ length: 1_000 }, (_, number) => `${number}`)
  await timed('kcat in a pod sends 1,000 records', () =>
    inPod(`${reachable}; seq 0 999 | kcat -b ${bootstrap} -P -t orders -X acks=all`),
  )
  const read = await timed('kcat in a pod reads them', () =>
    inPod(`kcat -b ${bootstrap} -C -t orders -o beginning -e -q`),
  )
  const values = read.trimEnd().split('\n')
  assert.deepEqual(values.toSorted(byNumber), numbers)
  await timed('a Java producer sends ten to a topic that nobody made', () =>
    javaProgram('SendTen.java', bootstrap),
  )
  const ten = await timed('a Java consumer reads them', () =>
    javaProgram('ReadAssigned.java', bootstrap, 'my-topic', '10'),
  )
  assert.equal(ten.trimEnd().split('\n').length, 10)
  await timed('the topic that Java made is a Topic, and Ready', () =>
    kubectl('wait', '--for=condition=Ready', 'topic/my-topic', '--timeout=20s'),
  )
  console.log(await kubectl('get', 'kafkaclusters,topics'))
}

// The proxy of a node hears up to a second late of endpoints that are ready. Other clients try again; kcat
// ends at the first connection that is refused.
const reachable = `until kcat -b ${bootstrap} -L >/dev/null 2>&1; do sleep 0.1; done`

/** In a pod with kcat, of the image that the lab gives its own pods. @throws With what it printed, if it fails. */
async function inPod(command: string): Promise<string> {
  await kubectl('delete', 'pod', 'client', '--ignore-not-found', '--grace-period=1')
  const options = ['--image=localhost/kavka-lab:1', '--image-pull-policy=Never', '--restart=Never']
  await kubectl('run', 'client', ...options, '--command', '--', 'sh', '-c', command)
  const phase = () => field('pod/client', '{.status.phase}')
  const ended = (now: string) => now === 'Succeeded' || now === 'Failed'
  const how = await until('the client has ended', phase, ended)
  const printed = await kubectl('logs', 'client')
  if (how === 'Failed') throw new Error(`the client failed: ${command}\n${printed}`)
  return printed
}

function byNumber(a: string, b: string): number {
  return Number(a) - Number(b)
}
