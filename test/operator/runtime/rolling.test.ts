import { expect, test } from 'vitest'
import { nextRestarts, type RollingBroker } from '../../../operator/runtime/rolling.ts'

/** By id: `o` runs with something else than it should, `s` serves, `n` is needed where it is. */
function brokers(...marks: string[]): RollingBroker[] {
  return marks.map((mark, nodeId) => ({
    nodeId,
    isOutdated: mark.includes('o'),
    isServing: mark.includes('s'),
    mayBeAway: !mark.includes('n'),
  }))
}

test('nothing is started anew where all run with what they should', () => {
  expect(nextRestarts(brokers('s', 's', 's'))).toEqual([])
  expect(nextRestarts(brokers('s', '', 's'))).toEqual([])
  expect(nextRestarts([])).toEqual([])
})

test('of brokers that serve one is started anew, the first', () => {
  expect(nextRestarts(brokers('s', 'os', 'os'))).toEqual([1])
})

test('the next one waits until all serve again', () => {
  expect(nextRestarts(brokers('', 'os', 'os'))).toEqual([])
  expect(nextRestarts(brokers('s', 'os', 'os'))).toEqual([1])
})

test('nobody is started anew while it is needed, also where others are not', () => {
  expect(nextRestarts(brokers('osn', 'osn', 'osn'))).toEqual([])
  expect(nextRestarts(brokers('osn', 'os', 'osn'))).toEqual([1])
  expect(nextRestarts(brokers('on', 's', 's'))).toEqual([0]) // it does not serve
})

test('those that do not serve anyway are started anew at once, and before any other', () => {
  expect(nextRestarts(brokers('o', 'os', 'o'))).toEqual([0, 2])
})

test('asked again after each step, all come to run with what they should, one at a time', () => {
  const marks = ['os', 'os', 'os', 'os', 'os']
  const order: number[] = []
  for (let step = 0; step < 10; step++) {
    const chosen = nextRestarts(brokers(...marks))
    expect(chosen.length).toBeLessThanOrEqual(1)
    for (const id of chosen) {
      order.push(id)
      marks[id] = ''
    }
    expect(nextRestarts(brokers(...marks))).toEqual([])
    for (const id of chosen) marks[id] = 's'
  }
  expect(order).toEqual([0, 1, 2, 3, 4])
})
