import { expect, test } from 'vitest'
import { judge } from '../../../../operator/kube/directory/judge.ts'
import { parseManifests } from '../../../../operator/kube/directory/parse-manifests.ts'
import type { DirectoryRead, FileRead } from '../../../../operator/kube/directory/read-files.ts'
import {
  emptyWatchState,
  nextWatchState,
  type WatchState,
} from '../../../../operator/kube/directory/watch-state.ts'

const noTurn = () => Promise.resolve()
const graceMs = 2_000

const topic = (name: string, partitions = 1) => `apiVersion: kavka.dev/v1alpha1
kind: Topic
metadata: {name: ${name}}
spec: {clusterRef: {name: demo}, partitions: ${partitions}}
`

/** A directory that is read again and again, with whatever is in it then. */
class Story {
  private state: WatchState = emptyWatchState
  private before = new Map<string, FileRead>()

  /** @returns What happened, as `Applied a` and the like, and which resources are kept. */
  async read(nowMs: number, texts: Record<string, string>, directory: string | null = 'dir') {
    const files = new Map<string, FileRead>()
    for (const [file, text] of Object.entries(texts)) {
      const known = this.before.get(file)
      const parsed = known?.text === text ? known.parsed : await parseManifests(file, text, noTurn)
      files.set(file, { stamp: text, text, parsed })
    }
    this.before = files
    const read: DirectoryRead = { identity: directory ?? undefined, files, findings: [] }
    const manifests = [...files.values()].flatMap(({ parsed }) => parsed.manifests)
    const { accepted } = await judge(manifests, noTurn, this.state.held)
    const next = nextWatchState(this.state, read, accepted, { nowMs, graceMs })
    this.state = next.state
    return {
      steps: next.steps.map(({ type, manifest }) => `${type} ${manifest.name}`),
      kept: next.findings.map(({ subject, message }) => `${subject} ${message}`),
    }
  }
}

const nothing = { steps: [], kept: [] }

test('what is there is applied once, and again when it changed', async () => {
  const story = new Story()
  expect(await story.read(0, { 'a.yaml': topic('a') })).toEqual({ steps: ['Applied a'], kept: [] })
  expect(await story.read(1, { 'a.yaml': topic('a') })).toEqual(nothing)
  expect(await story.read(2, { 'a.yaml': `# a comment\n${topic('a')}` })).toEqual(nothing)
  expect((await story.read(3, { 'a.yaml': topic('a', 2) })).steps).toEqual(['Applied a'])
})

test('a resource vanishes after it was in no file for a while, and only once', async () => {
  const story = new Story()
  await story.read(0, { 'a.yaml': topic('a'), 'b.yaml': topic('b') })
  expect(await story.read(10_000, { 'b.yaml': topic('b') })).toEqual(nothing)
  expect(await story.read(11_999, { 'b.yaml': topic('b') })).toEqual(nothing)
  expect((await story.read(12_000, { 'b.yaml': topic('b') })).steps).toEqual(['Vanished a'])
  expect(await story.read(20_000, { 'b.yaml': topic('b') })).toEqual(nothing)
})

test('what goes missing one after another vanishes together', async () => {
  const story = new Story()
  await story.read(0, { 'a.yaml': topic('a'), 'b.yaml': topic('b'), 'c.yaml': topic('c') })
  await story.read(1_000, { 'b.yaml': topic('b'), 'c.yaml': topic('c') })
  await story.read(2_500, { 'c.yaml': topic('c') })
  expect(await story.read(3_000, { 'c.yaml': topic('c') })).toEqual(nothing)
  const { steps } = await story.read(4_500, { 'c.yaml': topic('c') })
  expect(steps).toEqual(['Vanished a', 'Vanished b'])
})

test('a resource that comes back in time, or stands in another file now, was never gone', async () => {
  const story = new Story()
  await story.read(0, { 'a.yaml': topic('a') })
  await story.read(1_000, {})
  expect(await story.read(2_000, { 'b.yaml': topic('a') })).toEqual(nothing)
  expect(await story.read(9_000, {})).toEqual(nothing) // counted from here
  expect(await story.read(9_001, { 'b.yaml': topic('a') })).toEqual(nothing)
})

test('a resource that becomes wrong stays as it was', async () => {
  const story = new Story()
  await story.read(0, { 'a.yaml': topic('a', 3) })
  expect(await story.read(1, { 'a.yaml': topic('a', 2) })).toEqual(nothing) // it may not shrink
  expect(await story.read(9_000, { 'a.yaml': topic('a', 0) })).toEqual(nothing)
  expect((await story.read(9_001, { 'a.yaml': topic('a', 4) })).steps).toEqual(['Applied a'])
})

test('nothing vanishes while a file cannot be read', async () => {
  const story = new Story()
  await story.read(0, { 'a.yaml': topic('a'), 'b.yaml': topic('b') })
  const half = { 'a.yaml': topic('a').slice(0, 60), 'b.yaml': topic('b') }
  const kept = [
    'Topic a is no longer there, and is kept as long as a.yaml:3 cannot be read, since it may be there: mend or remove what is broken',
  ]
  expect(await story.read(1, half)).toEqual({ steps: [], kept })
  expect(await story.read(99_000, half)).toEqual({ steps: [], kept })
  expect(await story.read(99_001, { 'a.yaml': topic('a'), 'b.yaml': topic('b') })).toEqual(nothing)
})

test('whoever holds up a deletion is named', async () => {
  const story = new Story()
  await story.read(0, { 'a.yaml': topic('a') })
  const kept = async (...names: string[]) => {
    const broken = names.map((name) => [name, 'kind: [\n'])
    return (await story.read(1, Object.fromEntries(broken))).kept[0]
  }
  expect(await kept('b.yaml', 'c.yaml')).toMatch(/as long as b.yaml:\d+ and c.yaml:\d+ cannot/)
  expect(await kept('b.yaml', 'c.yaml', 'd.yaml', 'e.yaml')).toMatch(
    /as long as b.yaml:\d+, c.yaml:\d+ and 2 more cannot/,
  )
})

test('a name that is lost by a mistake takes no data with it', async () => {
  const story = new Story()
  await story.read(0, { 'a.yaml': topic('a') })
  const nameless = { 'a.yaml': topic('a').replace('name: a', 'nam: a') }
  await story.read(1, nameless)
  expect((await story.read(99_000, nameless)).steps).toEqual([])
})

test('nothing vanishes with its directory', async () => {
  const story = new Story()
  await story.read(0, { 'a.yaml': topic('a') })
  expect(await story.read(1, {}, null)).toEqual(nothing)
  expect(await story.read(99_000, {}, null)).toEqual(nothing)
  const other = await story.read(99_001, {}, 'the mount point that was below')
  expect(other).toEqual({
    steps: [],
    kept: [
      'Topic a is no longer there, and is kept since the directory is another one than before',
    ],
  })
  expect((await story.read(199_000, { 'a.yaml': topic('a') }, 'dir')).steps).toEqual(['Applied a'])
})
