import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PartitionMap } from '../../../../broker/log/data-directory/partition-map.ts'
import { partitionName } from '../../../../broker/log/data-directory/partition-name.ts'

test('a partition map and a map by the names of partitions agree, whatever is done', () => {
  const partition = fc.record({ topic: fc.constantFrom('a', 'b', 'c'), partition: fc.nat(3) })
  const step = fc.record({ own: partition, value: fc.option(fc.nat(), { nil: undefined }) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const map = new PartitionMap<number>()
      const model = new Map<string, number>()
      for (const { own, value } of steps) {
        const name = partitionName(own)
        if (value === undefined) {
          expect(map.delete(own)).toBe(model.delete(name))
        } else {
          map.set(own, value)
          model.set(name, value)
        }
        expect(map.get(own)).toBe(model.get(name))
        expect(map.has(own)).toBe(model.has(name))
      }
      const entries = [...map.entries()].map(({ value, ...own }) => [partitionName(own), value])
      expect(new Map(entries as [string, number][])).toEqual(model)
      expect([...map.values()].length).toBe(model.size)
    }),
  )
})
