import { expect, test } from 'vitest'
import { ClusterMetadataApi } from '../../../../support/cluster-metadata-api.ts'
import {
  type CallType,
  ClusterMetadataClient,
} from '../../../../support/cluster-metadata-client.ts'
import { Bench, setting, tooLarge } from './support.ts'

const kibibyte = 1024
const large = Array.from({ length: 40 }, (_, index) => setting(`t${index}`, 20 * kibibyte))

test('at 16 KiB the oldest batches go to a segment, which the next append names', async () => {
  const bench = new Bench()
  let position = await bench.takeOver()
  while (headOf(bench).batchBytes < 16 * kibibyte) {
    position = await bench.append(position, setting('a', 5_000))
  }
  expect(headOf(bench).segments).toEqual([])
  position = await bench.append(position, setting('last'))
  const { segments, batches } = headOf(bench)
  expect(segments).toEqual([
    expect.objectContaining({ firstOffset: 0, endOffset: position.offset - 1 }),
  ])
  expect(batches).toBe(1)
  expect((await bench.store.open()).state.offset).toBe(position.offset)
})

test('an append waits rather than make a head of more than 256 KiB', async () => {
  const bench = new Bench()
  let position = await bench.takeOver()
  bench.fates.set('create', Array(20).fill('request-lost')) // no segment comes to be
  for (let count = 0; count < 12; count++) {
    position = await bench.settled(bench.append(position, setting('a', 30 * kibibyte)))
    expect(headOf(bench).batchBytes).toBeLessThanOrEqual(256 * kibibyte)
  }
  expect(headOf(bench).segments.length).toBeGreaterThan(0)
  expect((await bench.store.open()).state.offset).toBe(position.offset)
})

test('a segment that could not be made is made later, and holds up nothing before 256 KiB', async () => {
  const bench = new Bench()
  let position = await bench.takeOver()
  bench.fates.set('create', Array(5).fill(tooLarge))
  for (let count = 0; count < 25; count++) {
    position = await bench.append(position, setting('a', 20 * kibibyte))
  }
  expect((await bench.store.open()).state.offset).toBe(position.offset)
})

test('a large append of which half was written before another took over is not there at all', async () => {
  const first = new Bench()
  const position = await first.takeOver()
  const second = new Bench({ api: first.api })
  let at = position
  const takeOver = async () => {
    at = await second.takeOver()
  }
  first.fates.set('create', [() => {}, takeOver])
  expect(await first.store.append(position, large)).toEqual({ type: 'superseded' })

  at = await second.append(at, setting('mine'))
  const { state } = await second.store.open()
  expect(state.offset).toBe(position.offset + 2)
  // Its segments go with the first snapshot that ends behind them.
  expect(segmentsIn(first)).toHaveLength(3)
  while (at.offset < position.offset + 50) at = await second.append(at, setting('more'))
  await second.store.snapshot(at, (await openedBy(second)).state.image)
  expect(segmentsIn(first)).toEqual([])
})

test('a snapshot that takes longer than a takeover is not named, and takes nothing away', async () => {
  const first = new Bench()
  let position = await first.takeOver()
  for (let count = 0; count < 20; count++) {
    position = await first.append(position, setting(`t${count}`, 20 * kibibyte))
  }
  const { state } = await openedBy(first)
  const second = new Bench({ api: first.api })
  first.fates.set('create', [() => second.takeOver()])
  expect(await first.store.snapshot(position, state.image)).toEqual({ type: 'superseded' })
  const { snapshot, batches } = await second.store.open()
  expect(snapshot.offset).toBe(0)
  expect(batches).toHaveLength(23)
})

test('nothing is deleted once the API may have gone back to an older state', async () => {
  const { bench, position } = await restoredWhileDeleting(ClusterMetadataClient)
  expect((await openedBy(bench)).state.offset).toBe(position.offset)
})

test('a delete over a connection that was made since would take what the older head names', async () => {
  const { bench } = await restoredWhileDeleting(DeletesOverAnyConnection)
  await expect(openedBy(bench)).rejects.toThrow(/names demo-segment-.*, which is not there/)
})

class DeletesOverAnyConnection extends ClusterMetadataClient {
  protected override isOverOpen(call: CallType): boolean {
    return call === 'patch'
  }
}

class ApiWithHook extends ClusterMetadataApi {
  afterDelete = () => {}

  override delete(name: string, uid?: string) {
    const answer = super.delete(name, uid)
    this.afterDelete()
    return answer
  }
}

/** After a snapshot, etcd is put back to before it, between two deletes of segments that it covers. */
async function restoredWhileDeleting(Client: typeof ClusterMetadataClient) {
  const api = new ApiWithHook()
  const bench = new Bench({ api, Client })
  let position = await bench.takeOver()
  for (let count = 0; count < 20; count++) {
    position = await bench.append(position, setting(`t${count}`, 5 * kibibyte))
  }
  const { state } = await openedBy(bench)
  const backup = bench.api.backup()
  const restore = () => {
    api.afterDelete = () => {}
    bench.api.restore(backup)
    bench.client.interrupted()
  }
  api.afterDelete = restore
  await bench.store.snapshot(position, state.image)
  return { bench, position }
}

function headOf({ api }: Bench) {
  const spec = api.get('demo-log').object?.spec
  const batches = spec?.batches ?? []
  const batchBytes = batches.reduce((sum, batch) => sum + Buffer.from(batch, 'base64').length, 0)
  return { segments: spec?.segments ?? [], batches: batches.length, batchBytes }
}

function segmentsIn({ api }: Bench): string[] {
  return [...api.objects.keys()].filter((name) => name.includes('-segment-'))
}

/** As somebody else reads it: whoever writes is not disturbed. */
function openedBy({ api }: Bench) {
  return new Bench({ api }).store.open()
}
