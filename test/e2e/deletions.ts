import assert from 'node:assert/strict'
import { figure, heading } from './figures.ts'
import { apply, kubectl, tool, until } from './kubectl.ts'
import { readmeCommands } from './readme.ts'

type What = 'namespace' | 'cluster' | 'operator'

/** Nothing that is deleted waits for anything else, in whatever order it goes. */
export async function deletions(): Promise<void> {
  heading('Namespace, cluster and operator are deleted, in every order')
  for (const order of permutations<What>(['namespace', 'cluster', 'operator'])) {
    await setUp()
    const beganMs = performance.now()
    for (const what of order) await remove[what]()
    await until('all of it is gone', left, (names) => names === '', { withinMs: 60_000 })
    const tookS = (performance.now() - beganMs) / 1_000
    figure(order.join(', then '), `${tookS.toFixed(1)} s (goal: 60 s)`)
    assert.ok(tookS < 60)
  }
  await install()
}

const remove: Readonly<Record<What, () => Promise<unknown>>> = {
  namespace: () => kubectl('delete', 'namespace', 'going', '--wait=false'),
  cluster: () =>
    kubectl('-n', 'going', 'delete', 'kafkacluster', 'small', '--wait=false', '--ignore-not-found'),
  operator: () => tool('helm', ['uninstall', 'kavka', '--namespace', 'kavka']),
}

async function setUp(): Promise<void> {
  await install()
  await until('the last one is gone', left, (names) => !names.includes('going'))
  await kubectl('create', 'namespace', 'going')
  const kavka = (kind: string, name: string, spec: string) =>
    `apiVersion: kavka.dev/v1alpha1\nkind: ${kind}\nmetadata: {name: ${name}, namespace: going}\nspec: ${spec}`
  await apply(
    kavka('KafkaCluster', 'small', '{brokers: {replicas: 1, storage: {size: 100Mi}}}'),
    kavka('Topic', 'one', '{clusterRef: {name: small}, partitions: 3}'),
  )
  const ready = ['--for=condition=Ready', 'kafkacluster/small', 'topic/one']
  await kubectl('-n', 'going', 'wait', ...ready, '--timeout=120s')
}

/** The operator, if it is not there. */
async function install(): Promise<void> {
  const there = await tool('helm', ['list', '--namespace', 'kavka', '--short'])
  if (there.includes('kavka')) return
  const [command = ''] = readmeCommands('On Kubernetes')
  await tool('bash', ['-c', command])
}

/** What is left of all that is deleted. */
async function left(): Promise<string> {
  const namespace = await kubectl('get', 'namespace', 'going', '-o', 'name', '--ignore-not-found')
  const release = await tool('helm', ['list', '--namespace', 'kavka', '--short'])
  const clusters = await kubectl('get', 'kafkaclusters', '-A', '-o', 'name')
  const own = clusters.split('\n').filter((name) => name.includes('small'))
  return [namespace.trim(), release.trim(), ...own].filter((name) => name !== '').join(' ')
}

function permutations<T>(all: readonly T[]): T[][] {
  if (all.length === 0) return [[]]
  return all.flatMap((first) => {
    const rest = permutations(all.filter((other) => other !== first))
    return rest.map((others) => [first, ...others])
  })
}
