import fc from 'fast-check'
import { expect, test } from 'vitest'
import { differences, MapEdit, PersistentMap } from '../../../broker/metadata/persistent-map.ts'

const change = fc.record({ key: fc.nat({ max: 1_500 }), value: fc.option(fc.nat({ max: 5 })) })
const batches = fc.array(fc.array(change, { maxLength: 20 }), { maxLength: 20 })

test.each([
  ['numbers', (key: number) => key],
  ['texts', (key: number) => `topic-${key}`],
])('every version agrees with a plain Map, for ever: %s', (_, keyOf) => {
  fc.assert(
    fc.property(batches, (batches) => {
      let map = new PersistentMap<string | number, number>()
      const versions = [{ map, model: new Map<string | number, number>() }]
      for (const batch of batches) {
        const model = new Map(versions.at(-1)?.model)
        const edit = new MapEdit(map)
        for (const { key, value } of batch) {
          if (value === null) edit.delete(keyOf(key))
          else edit.set(keyOf(key), value)
          if (value === null) model.delete(keyOf(key))
          else model.set(keyOf(key), value)
          expect(edit.get(keyOf(key))).toBe(value ?? undefined)
        }
        map = edit.finish()
        versions.push({ map, model })
      }
      for (const { map, model } of versions) {
        expect(new Map(map)).toEqual(model)
        expect(map.size).toBe(model.size)
        for (const [key, value] of model) expect(map.get(key)).toBe(value)
        expect(new Set(map.keys())).toEqual(new Set(model.keys()))
        expect([...map.values()].sort(ascending)).toEqual([...model.values()].sort(ascending))
      }
      const [first, last] = [versions[0], versions.at(-1)]
      if (first === undefined || last === undefined) return
      for (const before of versions) {
        const found = [...differences(before.map, last.map)]
        const keys = new Set([...before.model.keys(), ...last.model.keys()])
        const expected = [...keys].filter((key) => before.model.get(key) !== last.model.get(key))
        expect(new Set(found.map(({ key }) => key))).toEqual(new Set(expected))
        expect(found).toHaveLength(expected.length)
      }
    }),
    { seed: 5, numRuns: 100 },
  )
})

test('an edit that changes nothing gives the same map back', () => {
  const edit = new MapEdit(new PersistentMap<string, number>())
  edit.set('a', 1)
  const map = edit.finish()
  const nothing = new MapEdit(map)
  nothing.delete('b')
  expect(nothing.finish()).toBe(map)
})

test('one change shares all that is not beside it', () => {
  const edit = new MapEdit(new PersistentMap<number, object>())
  for (let key = 0; key < 10_000; key++) edit.set(key, {})
  const map = edit.finish()
  const next = new MapEdit(map)
  next.set(3, {})
  const changed = next.finish()
  expect(map.buckets.filter((bucket, index) => bucket !== changed.buckets[index])).toHaveLength(1)
})

function ascending(a: number, b: number): number {
  return a - b
}
