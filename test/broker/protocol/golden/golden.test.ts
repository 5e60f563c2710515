import { expect, test } from 'vitest'
import type { Message } from '../../../../broker/protocol/schema/message.ts'
import { allMessages, findDifference, readVectors, type Vector } from '../../../support/golden.ts'
import { swaps } from './swaps.ts'

const vectors = readVectors()
const byName = Map.groupBy(vectors, ({ name }) => name)

test('there are vectors for every version of every message', () => {
  const wanted = [...allMessages.values()].flatMap(({ name, versions: [first, last] }) => {
    return Array.from({ length: last - first + 1 }, (_, index) => `${name} ${first + index}`)
  })
  const there = new Set(vectors.map(({ name, version }) => `${name} ${version}`))
  expect([...there].sort()).toEqual(wanted.sort())
})

test.each([...byName])('%s is read and written as Kafka does, in every version', (name, own) => {
  const type = allMessages.get(name) as Message
  const differences = own.flatMap((vector) => {
    const difference = findDifference(type, vector)
    return difference === undefined ? [] : [`v${vector.version}: ${difference}`]
  })
  expect(differences).toEqual([])
})

test('two fields of one type that change places are noticed, whichever they are', () => {
  let planted = 0
  const missed: string[] = []
  for (const type of allMessages.values()) {
    const own = byName.get(type.name) as Vector[]
    for (const { path, fields } of swaps(type.fields)) {
      planted += 1
      const swapped = { ...type, fields }
      const noticed = own.some((vector) => findDifference(swapped, vector) !== undefined)
      if (!noticed) missed.push(`${type.name}: ${path}`)
    }
  }
  expect(missed).toEqual([])
  expect(planted).toBeGreaterThan(500)
})
