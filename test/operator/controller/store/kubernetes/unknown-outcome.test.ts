import { expect, test } from 'vitest'
import { Bench, setting, tooLarge } from './support.ts'

test('an append of which the answer was lost is told to be there, and is there once', async () => {
  const bench = new Bench()
  const position = await bench.takeOver()
  bench.fates.set('patch', ['answer-lost'])
  const after = await bench.append(position, setting('a'))
  expect(after.offset).toBe(position.offset + 1)
  expect((await bench.store.open()).batches).toHaveLength(3)
})

test('an append that did not arrive is sent again', async () => {
  const bench = new Bench()
  const position = await bench.takeOver()
  bench.fates.set('patch', ['request-lost', 'request-lost'])
  const after = await bench.settled(bench.append(position, setting('a')))
  expect((await bench.store.open()).state.offset).toBe(after.offset)
})

test('who is told to be superseded may say that nothing of it is there, now or ever', async () => {
  const first = new Bench()
  const position = await first.takeOver()
  const second = new Bench({ api: first.api })
  await second.takeOver()
  expect(await first.store.append(position, [setting('mine')])).toEqual({ type: 'superseded' })
  const { batches } = await second.store.open()
  expect(batches.flatMap(({ records }) => records)).not.toContainEqual(setting('mine'))
})

test('that somebody else wrote does not say whether a write without an answer is there', async () => {
  const first = new Bench()
  const position = await first.takeOver()
  const second = new Bench({ api: first.api })
  first.fates.set('patch', ['answer-lost'])
  first.fates.set('get', [() => second.takeOver()])
  const outcome = await first.store.append(position, [setting('mine')]).catch((error) => error)
  const { batches } = await second.store.open()
  expect(batches.flatMap(({ records }) => records)).toContainEqual(setting('mine'))
  expect(outcome).toMatchObject({
    problem: 'Offline',
    message: 'somebody else wrote to the metadata log, perhaps on top of this',
  })
})

test('what is refused was not appended, and is not sent again', async () => {
  const bench = new Bench()
  const position = await bench.takeOver()
  bench.fates.set('patch', [tooLarge])
  await expect(bench.store.append(position, [setting('a')])).rejects.toMatchObject({
    problem: 'NotAppended',
    message: 'the Kubernetes API refuses the metadata log: request entity too large',
  })
  await bench.append(position, setting('b'))
  expect((await bench.store.open()).state.offset).toBe(position.offset + 1)
})

test('a refusal says nothing of what was sent before it and may still arrive', async () => {
  const bench = new Bench()
  const position = await bench.takeOver()
  bench.fates.set('patch', ['late'])
  const losePart = () => {
    const part = [...bench.api.objects.keys()].find((name) => name.includes('-segment-'))
    bench.api.delete(part as string)
    bench.fates.set('create', [tooLarge])
  }
  bench.fates.set('get', [losePart])
  const large = Array.from({ length: 4 }, (_, index) => setting(`t${index}`, 20_000))
  const outcome = bench.settled(bench.store.append(position, large))
  await expect(outcome).rejects.toMatchObject({ problem: 'Offline' })
  bench.arrive()
  expect(bench.api.get('demo-log').object?.spec.endOffset).toBe(position.offset + 4)
})

test('what takes longer than 5 s is told, with the reason, until it is known', async () => {
  const bench = new Bench()
  const position = await bench.takeOver()
  const forbidden = () => ({ code: 403, message: 'clustermetadatas is forbidden' })
  bench.fates.set('patch', Array.from({ length: 100 }, forbidden))
  const appended = bench.append(position, setting('a'))
  await bench.clock.advance(0)
  await bench.clock.advance(4_900)
  expect(bench.undecided).toEqual([])
  await bench.clock.advance(200)
  expect(bench.undecided).toEqual(['clustermetadatas is forbidden'])
  bench.fates.delete('patch')
  await bench.settled(appended)
  expect(bench.undecided).toEqual(['clustermetadatas is forbidden', undefined])
})

test('to close it in the middle of an append leaves open what became of that', async () => {
  const bench = new Bench()
  const position = await bench.takeOver()
  bench.fates.set('patch', [() => bench.store.close()])
  await expect(bench.store.append(position, [setting('a')])).rejects.toMatchObject({
    problem: 'Offline',
    message: 'the metadata log was closed',
  })
  expect((await bench.store.open()).state.offset).toBe(position.offset + 1)
})

test('to close it while the API is away ends what waits, and all timers', async () => {
  const bench = new Bench()
  const position = await bench.takeOver()
  const away = Array.from({ length: 100 }, () => 'request-lost' as const)
  for (const call of ['get', 'patch'] as const) bench.fates.set(call, [...away])
  const append = bench.store.append(position, [setting('a')])
  append.catch(() => {})
  await bench.clock.advance(0)
  await bench.clock.advance(6_000)
  bench.store.close()
  await expect(bench.settled(append)).rejects.toMatchObject({ problem: 'Offline' })
  expect(bench.clock.pending).toBe(0)
  expect(bench.undecided).toEqual(['no answer', undefined])
})

test('whoever still asks after it was closed is told so, and nothing is sent', async () => {
  const bench = new Bench()
  const position = await bench.takeOver()
  const { image } = (await bench.store.open()).state
  bench.store.close()
  const sent = bench.calls.length
  const closed = { problem: 'Offline', message: 'the metadata log was closed' }
  await expect(bench.store.append(position, [setting('a')])).rejects.toMatchObject(closed)
  await expect(bench.store.snapshot(position, image)).rejects.toMatchObject(closed)
  expect(bench.calls).toHaveLength(sent)
})

test('to be closed while the log is read ends that too', async () => {
  const bench = new Bench()
  bench.fates.set(
    'get',
    Array.from({ length: 100 }, () => 'request-lost' as const),
  )
  const opened = bench.store.open()
  opened.catch(() => {})
  await bench.clock.advance(3_000)
  bench.store.close()
  await expect(bench.settled(opened)).rejects.toMatchObject({ problem: 'Offline' })
  expect(bench.clock.pending).toBe(0)
})
