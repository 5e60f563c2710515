import assert from 'node:assert/strict'
import { inNode } from './clients.ts'
import { heading, timed } from './figures.ts'
import { kafkaTool } from './java.ts'
import { field, kubectl, until } from './kubectl.ts'

/** A broker more, a topic by Kafka's own tool, and a pod that is deleted. */
export async function scaling(): Promise<void> {
  heading('A fourth broker')
  await timed('kubectl scale --replicas=4, until 4/4 serve', async () => {
    await kubectl('scale', 'kafkacluster', 'demo', '--replicas=4')
    await serving('4/4')
  })
  await timed('kafka-topics --create: 8 partitions', () =>
    kafkaTool(
      'org.apache.kafka.tools.TopicCommand',
      ...'--bootstrap-server demo-kafka-plain:9092'.split(' '),
      ...'--create --topic by-tool --partitions 8'.split(' '),
    ),
  )
  await timed('it is a Topic, and Ready', async () => {
    await until(
      'there is a Topic',
      () => kubectl('get', 'topics', '-o', 'name'),
      (names) => {
        return names.includes('topic.kavka.dev/by-tool\n')
      },
    )
    await kubectl('wait', '--for=condition=Ready', 'topic/by-tool', '--timeout=20s')
  })
  const partitions = JSON.parse(await field('topic/by-tool', '{.status.partitions}')) as string[]
  const leaders = new Set(partitions.map((text) => text.split(':')[0]))
  assert.ok(leaders.has('3'), `the new broker leads some of ${partitions.join(' ')}`)

  heading('A pod that is deleted')
  const before = await read()
  await timed('kubectl delete pod demo-broker-1, until 4/4 serve again', async () => {
    const uid = await field('pod/demo-broker-1', '{.metadata.uid}')
    await kubectl('delete', 'pod', 'demo-broker-1', '--wait=false')
    await until(
      'another pod is there',
      () =>
        kubectl(
          'get',
          'pod',
          'demo-broker-1',
          '--ignore-not-found',
          '-o',
          'jsonpath={.metadata.uid}',
        ),
      (now) => now !== '' && now !== uid,
    )
    await serving('4/4')
  })
  assert.deepEqual(await read(), before, 'it is back with its data')

  heading('Racks by a label of nodes')
  await timed('until all brokers stand in one, each started anew', async () => {
    const rack = { topologyKey: 'kubernetes.io/hostname' }
    const patch = JSON.stringify({ spec: { brokers: { rack } } })
    await kubectl('patch', 'kafkacluster', 'demo', '--type=merge', '-p', patch)
    const nodes = () => kubectl('get', 'pods', '-l', brokers, '-o', 'jsonpath={..spec.nodeName}')
    await until(
      'brokers say the nodes of their pods',
      async () => [await field('kafkacluster/demo', '{.status.nodes[*].rack}'), await nodes()],
      ([racks = '', names]) => racks !== '' && racks === names,
      { withinMs: 120_000 },
    )
    await serving('4/4')
  })
}

const brokers = 'app.kubernetes.io/component=broker'

function serving(summary: string): Promise<string> {
  const now = () => field('kafkacluster/demo', '{.status.brokers.summary}')
  return until(`${summary} brokers serve`, now, (text) => text === summary)
}

async function read(): Promise<string[]> {
  const options = [
    '-b',
    'demo-kafka-plain:9092',
    '-C',
    '-t',
    'orders',
    '-o',
    'beginning',
    '-e',
    '-q',
  ]
  const printed = await inNode(2, 'kcat', ...options)
  return printed.trimEnd().split('\n').toSorted()
}
