import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run } from '../../../cli/commands/why.ts'
import { logOn } from '../../../cli/why/kubernetes-log.ts'
import { topicHistory } from '../../../cli/why/topic-history.ts'
import { realClock } from '../../../lib/clock.ts'
import { acquireLock } from '../../../lib/kernel-lock.ts'
import { silentLogger } from '../../../lib/logger.ts'
import { realRandom } from '../../../lib/random.ts'
import { realFiles } from '../../../lib/real-files.ts'
import type { Controller, ControllerOptions } from '../../../operator/controller/controller.ts'
import { DirectoryStore } from '../../../operator/controller/store/directory-store.ts'
import { KubernetesStore } from '../../../operator/controller/store/kubernetes/kubernetes-store.ts'
import { FailoversFile } from '../../../operator/embedded/failovers-file.ts'
import { owner } from '../../kube/metadata-log-parts.ts'
import { startBroker, until } from '../../operator/controller/linked-broker.ts'
import { ClusterMetadataApi } from '../../support/cluster-metadata-api.ts'
import { ClusterMetadataClient } from '../../support/cluster-metadata-client.ts'
import { FakeKubeApi } from '../../support/fake-kube-api.ts'
import { startMemoryController } from '../../support/memory-controller.ts'
import { clusterId } from '../../support/test-cluster.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kavka-why-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

async function why(...args: string[]) {
  const lines: string[] = []
  const say = (line: string) => void lines.push(line.replaceAll(`${folder}/`, ''))
  const code = await run(args, { print: say, complain: say })
  return { code, lines }
}

/** Brokers 0, 1 and 2 with a topic on all of them; the one that leads it goes, and is fenced. */
async function liveThrough(
  place: Pick<ControllerOptions, 'store' | 'onFailover'>,
): Promise<Controller & AsyncDisposable> {
  const controller = await startMemoryController(place)
  const brokers = [0, 1, 2].map((id) => startBroker(id, controller.port))
  await until(() => brokers.every(({ link }) => link.notReady === undefined))
  const assignments = [
    { partitionIndex: 0, brokerIds: [1, 2, 0] },
    { partitionIndex: 1, brokerIds: [2, 0, 1] },
  ]
  const topic = { name: 'orders', numPartitions: -1, replicationFactor: -1, configs: [] }
  const topics = [{ ...topic, assignments }]
  await controller.createTopics({ topics, validateOnly: false })
  await until(() => brokers.every(({ link }) => link.image.topicIds.has('orders')))
  await brokers[1]?.link.stop()
  await until(() => controller.image.brokers.get(1)?.fenced === true)
  return Object.assign(controller, {
    [Symbol.asyncDispose]: async () => void (await controller.close()),
  })
}

/** `<folder>/<name>`, with a cluster in it as `kavka up` has them. */
function clusterIn(name: string, cluster: string) {
  const dataDirectory = join(folder, name)
  const directory = join(dataDirectory, 'clusters', cluster)
  mkdirSync(directory, { recursive: true })
  const lock = (path: string) =>
    acquireLock(path, { waitMs: 0, clock: realClock, describe: 'a test' })
  const options = { files: realFiles, clock: realClock, newClusterId: clusterId, lock }
  const store = new DirectoryStore({ ...options, directory: `${directory}/metadata` })
  return { dataDirectory, directory, store }
}

test('beside a controller that runs, what happened is told with the steps of a failover', async () => {
  const { dataDirectory, directory, store } = clusterIn('live', 'default/demo')
  const file = new FailoversFile(directory, { files: realFiles, log: silentLogger })
  let noted = 0
  await using _ = await liveThrough({
    store,
    onFailover(failover) {
      file.add(failover)
      noted++
    },
  })
  await until(() => noted > 0)
  const before = readdirSync(`${directory}/metadata`)
  const { code, lines } = await why('orders/0', '--data-dir', dataDirectory)
  expect(readdirSync(`${directory}/metadata`)).toEqual(before)
  expect(code).toBe(0)
  const at = (time: RegExp) => new RegExp(`^ {4}${time.source}$`)
  const ms = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`
  expect(lines).toEqual([
    expect.stringContaining('created. Created: the topic was created'),
    expect.stringContaining('partition 0: leader none -> 1 (leader epoch 0), ISR none -> 1,2,0'),
    expect.stringMatching(
      /^\S+Z offset \d+ \(controller epoch 1\) partition 0: leader 1 -> 2 \(leader epoch 1\), ISR 1,2,0 -> 2,0\. BrokerFenced: broker 1 is gone/,
    ),
    '  failover of broker 1 (its connection is gone): 1 partition leads elsewhere',
    expect.stringMatching(at(new RegExp(`last heard  ${ms}`))),
    expect.stringMatching(at(new RegExp(String.raw`detected    ${ms}  \+\d+ ms`))),
    expect.stringMatching(at(new RegExp(String.raw`decided     ${ms}  \+[\d.]+ ms`))),
    expect.stringMatching(at(new RegExp(String.raw`appended    ${ms}  \+[\d.]+ ms`))),
    expect.stringMatching(at(new RegExp(String.raw`pushed      ${ms}  \+[\d.]+ ms`))),
    expect.stringMatching(at(new RegExp(String.raw`led         ${ms}  \+[\d.]+ ms`))),
  ])

  // The other partition lost a member and no leader: nothing failed over.
  const other = await why('orders/1', '--data-dir', dataDirectory, '--cluster', 'demo')
  expect(other.lines.at(-1)).toContain('partition 1: ISR 2,0,1 -> 2,0. BrokerFenced')

  const json = await why('orders', '--data-dir', dataDirectory, '--json')
  const told = JSON.parse(json.lines.join('\n'))
  expect(told).toMatchObject({ cluster: 'default/demo', topic: 'orders', sinceOffset: 0 })
  expect(told.entries).toHaveLength(5)
  expect(told.entries.at(-2).failover).toMatchObject({ brokerId: 1, cause: 'BrokerFenced' })
  expect(told.entries.at(-1).failover).toBeUndefined()

  expect(await why('oders', '--data-dir', dataDirectory)).toEqual({
    code: 1,
    lines: ['kavka why: KafkaCluster default/demo has no topic oders; did you mean orders?'],
  })
  expect(await why('orders/2', '--data-dir', dataDirectory)).toEqual({
    code: 1,
    lines: ['kavka why: topic orders has 2 partitions, and partition 2 is none of them'],
  })
})

test('what is in a snapshot is not told, and that is said', async () => {
  const { dataDirectory, store } = clusterIn('snapshot', 'default/demo')
  const controller = await liveThrough({ store })
  await controller.close()
  const { state } = await store.open()
  const { image, offset } = state
  const { epoch, incarnationId } = image.controller
  await store.snapshot({ offset, epoch, incarnationId }, image)
  store.close()
  expect(await why('orders', '--data-dir', dataDirectory)).toEqual({
    code: 0,
    lines: [
      `What was before offset ${offset} of the metadata log is not kept.`,
      'Nothing happened to it since.',
    ],
  })
})

test('on Kubernetes it is told from the ClusterMetadata objects', async () => {
  await using fake = await FakeKubeApi.start()
  const api = new ClusterMetadataApi()
  const store = new KubernetesStore({
    objects: new ClusterMetadataClient(api),
    clock: realClock,
    random: realRandom,
    owner: owner('demo'),
    clusterId,
    isKnown: false,
    onUndecided: () => {},
  })
  await using _ = await liveThrough({ store })
  for (const [name, object] of api.objects) {
    const path = `/apis/kavka.dev/v1alpha1/namespaces/kafka/clustermetadatas/${name}`
    fake.put(path, { ...object })
  }
  const known = await logOn(fake.access, { namespace: 'kafka', cluster: 'demo' })
  const { entries } = topicHistory(known, { topic: 'orders', partition: 0 })
  expect(entries.map(({ cause }) => cause.word)).toEqual(['Created', 'Created', 'BrokerFenced'])
  await expect(logOn(fake.access, { namespace: 'kafka', cluster: 'other' })).rejects.toThrow(
    'KafkaCluster kafka/other has no metadata log there',
  )
})

test('an API server that is not there is told of in one line', { timeout: 20_000 }, async () => {
  const access = { url: 'http://127.0.0.1:1', credentials: async () => ({ tls: {}, headers: {} }) }
  await expect(logOn(access, { namespace: 'kafka', cluster: 'demo' })).rejects.toThrow(
    '127.0.0.1:1',
  )
})

test.each([
  [[], 2, 'kavka why: say a topic; '],
  [['a', 'b'], 2, 'kavka why: one topic at a time, found 2; '],
  [['/1'], 2, 'kavka why: say TOPIC or TOPIC/PARTITION, found "/1"; '],
  [['a/b/c'], 2, 'kavka why: say TOPIC or TOPIC/PARTITION, found "a/b/c"; '],
  [['a/'], 2, 'kavka why: the partition is a whole number from 0 on, found ""; '],
  [['a/-1'], 2, 'kavka why: the partition is a whole number from 0 on, found "-1"; '],
  [['a', '--namespace', 'n'], 2, 'kavka why: --namespace takes --cluster too; '],
  [['a', '--namespace', 'n', '--data-dir', '.'], 2, 'kavka why: --namespace or --data-dir, not'],
  [['a', '--data-dir', '/nowhere'], 1, "kavka why: /nowhere has no cluster: 'kavka up DIR' makes"],
] as const)('%j is refused', async (args, code, line) => {
  const told = await why(...args)
  expect(told.code).toBe(code)
  expect(told.lines).toHaveLength(1)
  expect(told.lines[0]).toContain(line)
})

test('of several clusters one has to be named', async () => {
  const { dataDirectory } = clusterIn('several', 'a/demo')
  const { directory } = clusterIn('several', 'b/demo')
  clusterIn('several', 'b/other')
  const at = (...more: string[]) => why('t', '--data-dir', dataDirectory, ...more)
  expect((await at()).lines[0]).toContain('say --cluster a/demo, b/demo or b/other;')
  expect((await at('--cluster', 'demo')).lines[0]).toContain('say --cluster a/demo or b/demo;')
  expect((await at('--cluster', 'third')).lines).toEqual([
    'kavka why: several has no KafkaCluster third, but a/demo, b/demo or b/other',
  ])
  expect((await at('--cluster', 'b/demo')).lines).toEqual([
    'kavka why: KafkaCluster b/demo has no metadata log yet',
  ])
  mkdirSync(`${directory}/metadata`)
  writeFileSync(`${directory}/metadata/00000000000000000007.log`, '')
  const { code, lines } = await at('--cluster', 'b/demo')
  expect(code).toBe(1)
  expect(lines[0]).toMatch(
    /^kavka why: .*00000000000000000007\.log: begins where offset 0 is next$/,
  )
})
