import { expect, test } from 'vitest'
import { ProducerIds } from '../../../broker/controller-link/producer-ids.ts'

/** Blocks of ten, which come when the test lets them. */
function blocks() {
  let first = 0
  const asked: { give: () => void; refuse: () => void }[] = []
  const ids = new ProducerIds(() => {
    const { promise, resolve, reject } = Promise.withResolvers<{ first: number; end: number }>()
    const give = () => {
      resolve({ first, end: first + 10 })
      first += 10
    }
    asked.push({ give, refuse: () => reject(new Error('no controller')) })
    return promise
  })
  return { ids, asked }
}

test('each id is given out once, whoever asks at the same time', async () => {
  const { ids, asked } = blocks()
  const wanted = Array.from({ length: 35 }, () => ids.next())
  const all = Promise.all(wanted)
  for (let given = 0; given < 4; given++) {
    asked[given]?.give()
    await new Promise((resolve) => void setImmediate(resolve))
  }
  expect(await all).toEqual(Array.from({ length: 35 }, (_, index) => index))
  expect(asked.length, 'no block was asked for that is not used').toBeLessThanOrEqual(5)
})

test('the next block is asked for at half of the present one, and nobody waits for it', async () => {
  const { ids, asked } = blocks()
  const first = ids.next()
  asked[0]?.give()
  expect(await first).toBe(0)
  for (let id = 1; id < 5; id++) await ids.next()
  expect(asked).toHaveLength(1)
  expect(await ids.next()).toBe(5)
  expect(asked).toHaveLength(2)
  for (let id = 6; id < 10; id++) expect(await ids.next()).toBe(id)
  expect(asked).toHaveLength(2)
})

test('while the controller is away the rest of a block is given out, then it is refused', async () => {
  const { ids, asked } = blocks()
  const first = ids.next()
  asked[0]?.give()
  await first
  for (let id = 1; id < 10; id++) {
    await ids.next()
    asked.at(-1)?.refuse()
  }
  const last = ids.next()
  asked.at(-1)?.refuse()
  await expect(last).rejects.toThrow('no controller')
  const later = ids.next()
  asked.at(-1)?.give()
  expect(await later).toBe(10)
})
