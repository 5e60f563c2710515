import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { run } from '../../../cli/run.ts'
import { realClock } from '../../../lib/clock.ts'
import { acquireLock } from '../../../lib/kernel-lock.ts'
import { badDocuments } from '../../operator/api/bad-manifests/documents.ts'
import { badKafkaClusters } from '../../operator/api/bad-manifests/kafka-clusters.ts'
import { badTopics } from '../../operator/api/bad-manifests/topics.ts'
import { clusterManifest } from '../../support/kavka.ts'

let manifests: string
let data: string

beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'kavka-refusals-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  manifests = join(folder, 'manifests')
  data = join(folder, 'data')
  mkdirSync(manifests)
  writeFileSync(join(manifests, 'cluster.yaml'), clusterManifest({}))
})

/** `kavka up`, which is to refuse. @returns Its exit code and what it complains of. */
async function up(...args: string[]): Promise<{ code: number; lines: string[] }> {
  const lines: string[] = []
  const terminal = { print: () => {}, complain: (line: string) => void lines.push(line) }
  const code = await run(['up', manifests, '--data-dir', data, ...args], terminal)
  return { code, lines }
}

const bad = [...badKafkaClusters, ...badTopics, ...badDocuments].filter(
  ({ before }) => before === undefined,
)

test.each(bad)('$name: told with its place, and nothing is touched', async ({ yaml, expected }) => {
  writeFileSync(join(manifests, 'bad.yaml'), yaml)
  // A resource that is there twice is another mistake.
  if (yaml.includes('kind: KafkaCluster')) rmSync(join(manifests, 'cluster.yaml'))
  const { code, lines } = await up()
  expect(code).toBe(1)
  const told = lines.find((line) => line.includes(`bad.yaml:${expected.line}: `))
  expect(told).toMatch(/^[^\n]+$/)
  if (expected.field !== undefined) expect(told).toContain(expected.field)
  expect(lines.at(-1)).toMatch(/^kavka up: nothing is started: mend /)
  expect(existsSync(data)).toBe(false)
})

test('a directory that is not there, or has no cluster, is said to be so', async () => {
  rmSync(join(manifests, 'cluster.yaml'))
  const empty = await up()
  expect(empty).toMatchObject({
    code: 1,
    lines: [expect.stringContaining('has no KafkaCluster')],
  })
  rmSync(manifests, { recursive: true })
  const missing = await up()
  expect(missing.code).toBe(1)
  expect(missing.lines[0]).toContain(manifests)
  expect(existsSync(data)).toBe(false)
})

test('a folder with something else in it is not taken for a data directory', async () => {
  mkdirSync(data)
  writeFileSync(join(data, 'thesis.txt'), 'years of work')
  const { code, lines } = await up()
  expect(code).toBe(1)
  expect(lines).toEqual([expect.stringMatching(/is no data directory of kavka up: .*thesis\.txt/)])
  expect(readdirSync(data)).toEqual(['thesis.txt'])
})

test('data of a format that is not known is not touched', async () => {
  mkdirSync(data)
  writeFileSync(join(data, 'kavka.json'), '{"version": 2}')
  const { code, lines } = await up()
  expect(code).toBe(1)
  expect(lines).toEqual([expect.stringContaining('format version 2')])
  expect(readdirSync(data)).toEqual(['kavka.json'])
})

test.each(['', '/below'])('a file in the place of the data directory%s: one line', async (more) => {
  writeFileSync(data, '')
  data += more
  const { code, lines } = await up()
  expect(code).toBe(1)
  expect(lines).toEqual([expect.stringMatching(/^kavka up: [^\n]*(data)[^\n]*$/)])
})

test('a cluster folder that is not ours is refused and left as it is', async () => {
  const cluster = join(data, 'clusters/default/demo')
  mkdirSync(cluster, { recursive: true })
  writeFileSync(join(data, 'kavka.json'), '{"version":1}')
  writeFileSync(join(cluster, 'photo.jpg'), '')
  const { code, lines } = await up()
  expect(code).toBe(1)
  expect(lines).toEqual([expect.stringContaining('photo.jpg')])
  expect(readdirSync(cluster)).toEqual(['photo.jpg'])
})

test('a second one on the same data is told who has it', async () => {
  mkdirSync(data)
  writeFileSync(join(data, 'kavka.json'), '{"version":1}')
  const path = join(data, '.lock')
  const describe = 'kavka up /srv/demo'
  const lock = await acquireLock(path, { waitMs: 0, clock: realClock, describe })
  onTestFinished(() => lock.release())
  const { code, lines } = await up()
  expect(code).toBe(1)
  expect(lines).toEqual([`kavka up: ${path} is held by pid ${process.pid}: kavka up /srv/demo`])
})

test.each([
  [0, 'broker 0 of KafkaCluster demo'],
  [99, 'the controller of KafkaCluster demo'],
  [100, 'broker 0 of KafkaCluster demo, for other brokers,'],
])('a port that another program has is told, with whose it is: + %i', async (offset, whose) => {
  const server = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const { code, lines } = await up('--base-port', `${port - offset}`)
  expect(code).toBe(1)
  expect(lines).toEqual([
    `kavka up: port ${port} of ${whose} cannot be had: another program has it; stop that program, or say another --base-port`,
  ])
  expect(existsSync(join(data, 'clusters'))).toBe(false)
})

test('more brokers than there are ports for are refused', async () => {
  writeFileSync(join(manifests, 'cluster.yaml'), clusterManifest({ brokers: 100 }))
  const { code, lines } = await up()
  expect(code).toBe(1)
  expect(lines).toEqual([expect.stringContaining('at most 99 brokers of a cluster, found 100')])
})

test.each([
  [['--base-port', '0']],
  [['--base-port', '65500']],
  [['--base-port', '9092.5']],
  [['--host', 'a b']],
  [['--data']],
  [['another-directory']],
])('a command line that cannot be understood: one line, and code 2: %s', async (args) => {
  const { code, lines } = await up(...args)
  expect(code).toBe(2)
  expect(lines).toEqual([expect.stringMatching(/^kavka up: [^\n]+ says more$/)])
  expect(existsSync(data)).toBe(false)
})
