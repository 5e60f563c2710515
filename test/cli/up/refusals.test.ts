import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { run } from '../../../cli/commands/up.ts'
import { badDocuments } from '../../operator/api/bad-manifests/documents.ts'
import { badKafkaClusters } from '../../operator/api/bad-manifests/kafka-clusters.ts'
import { badTopics } from '../../operator/api/bad-manifests/topics.ts'
import { clusterManifest, freeBasePort } from '../../support/kavka.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kavka-refused-'))
  mkdirSync(join(folder, 'manifests'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const dataDirectory = () => join(folder, 'data')

function write(name: string, content: string): void {
  writeFileSync(join(folder, 'manifests', name), content)
}

/** Runs `kavka up` in this process, as far as it gets. */
async function up(...more: string[]) {
  const lines: string[] = []
  const say = (line: string) => void lines.push(line.replaceAll(`${folder}/`, ''))
  // The usual port may be that of a kavka which runs here.
  const port = more.includes('--base-port') ? [] : ['--base-port', `${await freeBasePort(1)}`]
  const args = [join(folder, 'manifests'), '--data-dir', dataDirectory(), ...port, ...more]
  const code = await run(args, { print: say, complain: say })
  return { code, lines }
}

describe('a bad manifest', () => {
  const all = [...badKafkaClusters, ...badTopics, ...badDocuments]
  const first = all.filter(({ before }) => before === undefined)

  test.each(first)(
    'is refused with its file and field, and nothing is touched: $name',
    async ({ yaml, expected: { line, field } }) => {
      write('bad.yaml', yaml)
      const { code, lines } = await up()
      expect(code).toBe(1)
      const own = lines.filter((one) => one.startsWith(`manifests/bad.yaml:${line}: `))
      expect(own.some((one) => one.includes(field ?? ''))).toBe(true)
      expect(lines.at(-1)).toContain('nothing is started')
      expect(existsSync(dataDirectory())).toBe(false)
    },
  )
})

test.each([
  [
    'a topic with more replicas than brokers',
    'kind: Topic\nmetadata: {name: a}\nspec: {clusterRef: {name: demo}, replicationFactor: 3}',
    'manifests/more.yaml:4: Topic a: spec.replicationFactor: must be at most spec.brokers.replicas of KafkaCluster demo, found 3 with 2 brokers',
  ],
  [
    'a cluster with more replicas by default than brokers',
    'kind: KafkaCluster\nmetadata: {name: b}\nspec: {brokers: {replicas: 2}, config: {default.replication.factor: "3"}}',
    'manifests/more.yaml:4: KafkaCluster b: spec.config[default.replication.factor]: must be at most spec.brokers.replicas, found 3 with 2 brokers',
  ],
])('%s is refused in a clear line', async (_, yaml, line) => {
  write('cluster.yaml', clusterManifest({ brokers: 2 }))
  write('more.yaml', `apiVersion: kavka.dev/v1alpha1\n${yaml}\n`)
  const { code, lines } = await up()
  expect(code).toBe(1)
  expect(lines).toContain(line)
})

test('a directory without a cluster is refused', async () => {
  write('note.yaml', '')
  const { code, lines } = await up()
  expect({ code, said: lines.at(-1) }).toEqual({
    code: 1,
    said: 'kavka up: manifests has no KafkaCluster; examples/quickstart shows one',
  })
})

test.each([
  [[], 'say one directory of manifests'],
  [['a', 'b'], 'say one directory of manifests'],
  [['a', '--base-port', '0'], '--base-port must be a port from 1 to 65335, found "0"'],
  [['a', '--base-port', '65400'], '--base-port must be a port from 1 to 65335, found "65400"'],
  [['a', '--host', ''], '--host must be the name or address of this machine, found ""'],
  [['a', '--port', '1'], "Unknown option '--port'"],
])('a command line that is wrong says so: up %j', async (args, said) => {
  const lines: string[] = []
  const say = (line: string) => void lines.push(line)
  expect(await run(args, { print: say, complain: say })).toBe(2)
  expect(lines).toHaveLength(1)
  expect(lines[0]).toContain(said)
})

describe('what is in the way is told before anything is touched:', () => {
  beforeEach(() => write('cluster.yaml', clusterManifest({})))

  test.each([
    ['a broker', 0],
    ['a broker, for other brokers', 100],
    ['the controller', 99],
  ])('a port that is taken, of %s', async (_, offset) => {
    const base = await freeBasePort(1)
    const port = base + offset
    const server = createServer().listen(port, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const { code, lines } = await up('--base-port', `${base}`)
    expect(code).toBe(1)
    expect(lines.at(-1)).toMatch(
      new RegExp(`^kavka up: port ${port} of .* cannot be had: another program has it; `),
    )
    expect(existsSync(join(dataDirectory(), 'clusters'))).toBe(false)
  })

  test('more brokers than there are ports for', async () => {
    write('cluster.yaml', clusterManifest({ brokers: 100 }))
    const { lines } = await up()
    expect(lines.at(-1)).toBe(
      'kavka up: KafkaCluster demo: spec.brokers.replicas: kavka up runs at most 99 brokers of a cluster, found 100',
    )
  })

  test('a directory that holds something else', async () => {
    mkdirSync(dataDirectory())
    writeFileSync(join(dataDirectory(), 'thesis.doc'), 'years of work')
    const { code, lines } = await up()
    expect({ code, said: lines.at(-1) }).toEqual({
      code: 1,
      said: 'kavka up: data is no data directory of kavka up: it has thesis.doc, but no kavka.json',
    })
    expect(readdirSync(dataDirectory())).toEqual(['thesis.doc'])
  })

  test('data of another version', async () => {
    mkdirSync(dataDirectory())
    writeFileSync(join(dataDirectory(), 'kavka.json'), '{"version":2}')
    const { lines } = await up()
    expect(lines.at(-1)).toBe('kavka up: data/kavka.json has format version 2, only 1 is known')
  })

  test('a cluster of which a part is missing', async () => {
    const directory = join(dataDirectory(), 'clusters/default/demo')
    mkdirSync(join(directory, 'metadata'), { recursive: true })
    writeFileSync(join(dataDirectory(), 'kavka.json'), '{"version":1}')
    const { lines } = await up()
    expect(lines.at(-1)).toContain('holds metadata, but no cluster.json that says whose it is')
    expect(readdirSync(directory)).toEqual(['metadata'])
  })

  test('a data directory that cannot be made', async () => {
    writeFileSync(dataDirectory(), 'a file')
    const { code, lines } = await up()
    expect(code).toBe(1)
    expect(lines.at(-1)).toMatch(/^kavka up: .*data/)
  })

  test('a file of uids that is damaged', async () => {
    mkdirSync(dataDirectory())
    writeFileSync(join(dataDirectory(), 'kavka.json'), '{"version":1}')
    writeFileSync(join(dataDirectory(), 'uids.json'), '{')
    const { code, lines } = await up()
    expect(code).toBe(1)
    expect(lines.at(-1)).toContain('data/uids.json is no file of uids of version 1')
  })
})
