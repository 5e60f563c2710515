import { expect, test } from 'vitest'
import { OffsetMap } from '../../../../broker/log/compaction/offset-map.ts'
import { seeded } from '../../../support/mutate.ts'
import { hashKey, mapOf } from './support.ts'

const key = (name: string | number) => Buffer.from(`${name}`)

test('an offset map and a Map agree, whatever is put', () => {
  const map = mapOf(3_000)
  const model = new Map<number, number>()
  const random = seeded(7)
  for (let step = 0; step < 20_000; step++) {
    const name = random(4_000)
    const offset = random(2) === 0 ? step : 2 ** 52 + step
    const fits = model.has(name) || model.size < map.capacity
    expect(map.put(key(name), offset)).toBe(fits)
    if (fits) model.set(name, offset)
  }
  expect(map.isFull).toBe(true)
  for (let name = 0; name < 5_000; name++) expect(map.get(key(name))).toBe(model.get(name) ?? -1)
})

test('a full map takes newer offsets of keys it has, and refuses others', () => {
  const map = new OffsetMap({ sizeBytes: 24 * 10, hashKey })
  expect(map.capacity).toBe(9)
  for (let name = 0; name < 9; name++) expect(map.put(key(name), name)).toBe(true)
  expect(map.put(key('more'), 9)).toBe(false)
  expect(map.get(key('more'))).toBe(-1)
  expect(map.put(key(3), 10)).toBe(true)
  expect(map.get(key(3))).toBe(10)
})

test('a map that was cleared has nothing', () => {
  const map = mapOf(10)
  map.put(key('a'), 0)
  expect(map.get(key('a'))).toBe(0)
  map.clear()
  expect([map.get(key('a')), map.size]).toEqual([-1, 0])
})
