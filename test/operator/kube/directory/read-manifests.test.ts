import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { realClock } from '../../../../lib/clock.ts'
import { formatFinding } from '../../../../operator/kube/directory/manifest.ts'
import { realManifestFiles } from '../../../../operator/kube/directory/manifest-files.ts'
import { readManifests } from '../../../../operator/kube/directory/read-manifests.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'kavka-manifests-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const write = (name: string, text: string | Uint8Array) =>
  writeFileSync(join(directory, name), text)

async function read() {
  const set = await readManifests(directory, realManifestFiles, realClock)
  return {
    keys: set.accepted.map(({ manifest }) => manifest.key),
    lines: set.findings.map((finding) => formatFinding(finding).replaceAll(`${directory}/`, '')),
  }
}

const cluster = `apiVersion: kavka.dev/v1alpha1
kind: KafkaCluster
metadata: {name: demo}
spec: {brokers: {replicas: 1}}
`
const topic = (name: string, partitions = 1) => `apiVersion: kavka.dev/v1alpha1
kind: Topic
metadata:
  name: ${name}
spec:
  clusterRef: {name: demo}
  partitions: ${partitions}
`

test('a file may hold several resources, and each mistake has the line it is on', async () => {
  write('cluster.yaml', cluster)
  write('topics.yaml', `# ours\n${topic('a')}---\n${topic('b', 0)}---\n${topic('c')}`)
  expect(await read()).toEqual({
    keys: ['KafkaCluster/default/demo', 'Topic/default/a', 'Topic/default/c'],
    lines: ['topics.yaml:16: Topic b: spec.partitions: must be at least 1, found 0'],
  })
})

test('JSON is read, and so is the List that kubectl get prints', async () => {
  write('cluster.yml', cluster)
  const one = (name: string, partitions: number) => ({
    apiVersion: 'kavka.dev/v1alpha1',
    kind: 'Topic',
    metadata: { name },
    spec: { clusterRef: { name: 'demo' }, partitions },
  })
  const list = { apiVersion: 'v1', kind: 'List', items: [one('a', 1), one('b', 0)] }
  write('topics.json', JSON.stringify(list, null, '\t'))
  const { keys, lines } = await read()
  expect(keys).toEqual(['KafkaCluster/default/demo', 'Topic/default/a'])
  expect(lines).toEqual(['topics.json:28: Topic b: spec.partitions: must be at least 1, found 0'])
})

test('a name is there once, over all files', async () => {
  write('1.yaml', cluster)
  write('2.yaml', topic('a', 1))
  write('3.yaml', topic('a', 2))
  expect((await read()).lines).toEqual([
    `3.yaml:4: Topic a: metadata.name: must be there once, found a in 2.yaml:4 too`,
  ])
})

test('what is not ours is passed over and said', async () => {
  write('cluster.yaml', cluster)
  write('web.yaml', 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n')
  write('README.md', 'hello')
  write('.hidden.yaml', '{')
  mkdirSync(join(directory, 'old'))
  write('old/a.yaml', '{')
  expect(await read()).toEqual({
    keys: ['KafkaCluster/default/demo'],
    lines: ['web.yaml:1: Deployment web: is none of kavka.dev/v1alpha1 and is passed over'],
  })
})

test('a setting without effect is noted', async () => {
  write('cluster.yaml', `${cluster.trimEnd().slice(0, -1)}, config: {num.io.threads: "9"}}\n`)
  expect((await read()).lines).toEqual([
    'cluster.yaml:4: KafkaCluster demo: spec.config[num.io.threads]: has no effect in kavka',
  ])
})

test('what cannot be read is said in one line, and the rest is read', async () => {
  write(
    'bomb.yaml',
    `a: &a [${'x,'.repeat(20)}]\nb: &b [${'*a,'.repeat(20)}]\nc: [${'*b,'.repeat(20)}]\n`,
  )
  write('cluster.yaml', cluster)
  write('deep.yaml', '['.repeat(100_000))
  write('huge.yaml', '#'.repeat(1_048_577))
  write('latin1.yaml', Uint8Array.of(0x61, 0x3a, 0x20, 0xe4))
  write('long.yaml', `a: ${'x'.repeat(300_000)}\n`)
  mkdirSync(join(directory, 'folder.yaml'))
  execFileSync('mkfifo', [join(directory, 'pipe.yaml')])
  symlinkSync('ring2.yaml', join(directory, 'ring1.yaml'))
  symlinkSync('ring1.yaml', join(directory, 'ring2.yaml'))
  symlinkSync('nowhere', join(directory, 'to-nothing.yaml'))
  expect(await read()).toEqual({
    keys: ['KafkaCluster/default/demo'],
    lines: [
      'bomb.yaml:1: has aliases that stand for too much: write it out',
      'deep.yaml:1: is nested too deep',
      'folder.yaml: is no file',
      'huge.yaml: has more than 1 MiB: split it',
      'latin1.yaml: is not UTF-8: save it as that',
      'long.yaml:1: has a document of more than 256 KiB: split it',
      'pipe.yaml: is no file',
      'ring1.yaml: cannot be read: its links go round in a circle',
      'ring2.yaml: cannot be read: its links go round in a circle',
      'to-nothing.yaml: cannot be read: it is not there',
    ],
  })
})

test.skipIf(process.getuid?.() === 0)('a file without permission is said', async () => {
  write('secret.yaml', cluster)
  chmodSync(join(directory, 'secret.yaml'), 0)
  expect((await read()).lines).toEqual(['secret.yaml: cannot be read: permission denied'])
})

test('a directory that is empty, missing or none is said', async () => {
  const lines = async (path: string) => {
    const { findings } = await readManifests(path, realManifestFiles, realClock)
    return findings.map(formatFinding)
  }
  expect(await lines(directory)).toEqual([
    `${directory}: has no manifests: put *.yaml, *.yml or *.json files there`,
  ])
  expect(await lines(`${directory}/no`)).toEqual([
    `${directory}/no: cannot be read: it is not there`,
  ])
  write('file', '')
  expect(await lines(`${directory}/file`)).toEqual([
    `${directory}/file: cannot be read: it is no directory`,
  ])
})

test('links are followed, as a mounted ConfigMap has them', async () => {
  mkdirSync(join(directory, '..data'))
  write('..data/cluster.yaml', cluster)
  symlinkSync('..data/cluster.yaml', join(directory, 'cluster.yaml'))
  expect(await read()).toEqual({ keys: ['KafkaCluster/default/demo'], lines: [] })
})

test('ten thousand topics in two files are read, and others have their turns meanwhile', async () => {
  const topics = (from: number) =>
    Array.from({ length: 5_000 }, (_, at) => topic(`t${from + at}`)).join('---\n')
  write('cluster.yaml', cluster)
  write('t1.yaml', topics(0))
  write('t2.yaml', topics(5_000))
  let turns = 0
  const clock = { ...realClock, turn: () => ((turns += 1), realClock.turn()) }
  const { accepted, findings } = await readManifests(directory, realManifestFiles, clock)
  expect([accepted.length, findings]).toEqual([10_001, []])
  expect(turns).toBeGreaterThan(300)
})
