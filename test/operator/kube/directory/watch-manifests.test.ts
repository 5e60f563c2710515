import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Clock, realClock } from '../../../../lib/clock.ts'
import { realRandom } from '../../../../lib/random.ts'
import { realManifestFiles } from '../../../../operator/kube/directory/manifest-files.ts'
import { openUids } from '../../../../operator/kube/directory/uids.ts'
import {
  type ManifestChange,
  type ManifestEvent,
  watchManifests,
} from '../../../../operator/kube/directory/watch-manifests.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

let root: string
let directory: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kavka-watch-'))
  directory = join(root, 'manifests')
  mkdirSync(directory)
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const write = (name: string, text: string) => writeFileSync(join(directory, name), text)
const cluster = `apiVersion: kavka.dev/v1alpha1
kind: KafkaCluster
metadata: {name: demo}
spec: {brokers: {replicas: 1}}
`
const topic = (name: string, partitions = 1) => `apiVersion: kavka.dev/v1alpha1
kind: Topic
metadata: {name: ${name}}
spec: {clusterRef: {name: demo}, partitions: ${partitions}}
`

function watch(clock: Clock) {
  const changes: ManifestChange[] = []
  const failed = vi.fn()
  const watching = watchManifests({
    directory,
    files: realManifestFiles,
    clock,
    uids: openUids(join(root, 'uids.json'), realRandom),
    changed: (change) => void changes.push(change),
    failed,
  })
  const events = () => changes.flatMap((change) => change.events)
  return {
    changes,
    events,
    steps: () => events().map(({ type, key }) => `${type} ${key}`),
    async [Symbol.asyncDispose]() {
      await watching.close()
      expect(failed).not.toHaveBeenCalled()
    },
  }
}

/** Lets time pass, and waits until what follows from it is done: then one timer is set again. */
async function pass(clock: ManualClock, ms: number) {
  await clock.advance(ms)
  await idle(clock)
}
const idle = (clock: ManualClock) => vi.waitFor(() => expect(clock.pending).toBe(1))

test('what is there at the start is applied, and an edit is applied with the same uid', async () => {
  write('cluster.yaml', cluster)
  write('a.yaml', topic('a'))
  const clock = new ManualClock()
  await using watched = watch(clock)
  await idle(clock)
  expect(watched.changes).toMatchObject([{ first: true, findings: [] }])
  expect(watched.steps()).toEqual(['Applied Topic/default/a', 'Applied KafkaCluster/default/demo'])

  write('a.yaml', topic('a', 2))
  await pass(clock, 5_000)
  const [first, , edited] = watched.events()
  expect(edited).toMatchObject({
    type: 'Applied',
    uid: first?.uid,
    resource: { spec: { partitions: 2 } },
  })
})

test('a file that is half written is told, and changes nothing', async () => {
  write('cluster.yaml', cluster)
  write('a.yaml', topic('a'))
  const clock = new ManualClock()
  await using watched = watch(clock)
  await idle(clock)
  write('a.yaml', topic('a', 2).slice(0, -3))
  await pass(clock, 5_000)
  expect(watched.changes.at(-1)).toMatchObject({
    first: false,
    events: [],
    findings: [{ reason: 'InvalidYaml' }, { reason: 'Kept' }],
  })
  write('a.yaml', topic('a', 2))
  await pass(clock, 5_000)
  expect(watched.changes.at(-1)).toMatchObject({ events: [{ type: 'Applied' }], findings: [] })
})

/** Calls `done` of an event that has it. */
function done(event: ManifestEvent | undefined): void {
  expect(event?.type).toBe('Vanished')
  if (event?.type === 'Vanished') event.done()
}

test('a file that is removed takes its resource with it, and the same name is another one then', async () => {
  write('cluster.yaml', cluster)
  write('a.yaml', topic('a'))
  const clock = new ManualClock()
  await using watched = watch(clock)
  await idle(clock)
  const uid = watched.events()[0]?.uid
  rmSync(join(directory, 'a.yaml'))
  await pass(clock, 5_000)
  expect(watched.events()).toHaveLength(2)
  await pass(clock, 2_000)
  expect(watched.events()[2]).toMatchObject({ type: 'Vanished', key: 'Topic/default/a', uid })
  done(watched.events()[2])

  write('a.yaml', topic('a'))
  await pass(clock, 5_000)
  expect(watched.events()[3]).toMatchObject({ type: 'Applied', key: 'Topic/default/a' })
  expect(watched.events()[3]?.uid).not.toBe(uid)
})

test('until a deletion is carried out the resource is the same one, also after a restart', async () => {
  write('cluster.yaml', cluster)
  write('a.yaml', topic('a'))
  const clock = new ManualClock()
  let uid: string | undefined
  {
    await using watched = watch(clock)
    await idle(clock)
    uid = watched.events()[0]?.uid
    rmSync(join(directory, 'a.yaml'))
    await pass(clock, 5_000)
    await pass(clock, 2_000)
    expect(watched.steps().at(-1)).toBe('Vanished Topic/default/a')
  }
  write('a.yaml', topic('a'))
  await using watched = watch(clock)
  await idle(clock)
  expect(watched.events()[0]).toMatchObject({ type: 'Applied', key: 'Topic/default/a', uid })
})

test('what is there again before its deletion was carried out stays who it is', async () => {
  write('cluster.yaml', cluster)
  write('a.yaml', topic('a'))
  const clock = new ManualClock()
  await using watched = watch(clock)
  await idle(clock)
  rmSync(join(directory, 'a.yaml'))
  await pass(clock, 5_000)
  await pass(clock, 2_000)
  write('a.yaml', topic('a'))
  await pass(clock, 5_000)
  done(watched.events()[2])
  write('a.yaml', topic('a', 2))
  await pass(clock, 5_000)
  const [first, , , back, edited] = watched.events()
  expect([back?.uid, edited?.uid]).toEqual([first?.uid, first?.uid])
})

test('a directory that goes away takes nothing with it', async () => {
  write('cluster.yaml', cluster)
  const clock = new ManualClock()
  await using watched = watch(clock)
  await idle(clock)
  renameSync(directory, join(root, 'away'))
  await pass(clock, 5_000)
  await pass(clock, 60_000)
  expect(watched.changes.at(-1)?.findings).toMatchObject([{ reason: 'Unreadable' }])
  renameSync(join(root, 'away'), directory)
  await pass(clock, 5_000)
  expect(watched.changes.at(-1)?.findings).toEqual([])
  expect(watched.steps()).toEqual(['Applied KafkaCluster/default/demo'])
})

test('a directory that comes later is read then, as if it were the start', async () => {
  rmSync(directory, { recursive: true })
  const clock = new ManualClock()
  await using watched = watch(clock)
  await idle(clock)
  expect(watched.changes).toMatchObject([{ first: true, events: [] }])
  mkdirSync(directory)
  write('cluster.yaml', cluster)
  await pass(clock, 5_000)
  expect(watched.changes[1]).toMatchObject({ first: true, events: [{ type: 'Applied' }] })
})

test('who watches hears nothing while nothing happens, and no timer is left when it is closed', async () => {
  write('cluster.yaml', cluster)
  const clock = new ManualClock()
  {
    await using watched = watch(clock)
    await idle(clock)
    for (let i = 0; i < 5; i++) await pass(clock, 5_000)
    expect(watched.changes).toHaveLength(1)
  }
  expect(clock.pending).toBe(0)
})

test('an edit is seen long before the directory is read again anyway', async () => {
  write('cluster.yaml', cluster)
  await using watched = watch(realClock)
  await vi.waitFor(() => expect(watched.changes).toHaveLength(1))
  const startMs = performance.now()
  write('cluster.yaml', cluster.replace('replicas: 1', 'replicas: 3'))
  await vi.waitFor(() => expect(watched.changes).toHaveLength(2), { timeout: 10_000, interval: 10 })
  expect(performance.now() - startMs).toBeLessThan(4_000)
  expect(watched.steps()).toHaveLength(2)
})
