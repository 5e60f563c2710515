import { expect, test } from 'vitest'
import { OpenTransactions } from '../../../broker/log/open-transactions.ts'

function open(count: number): OpenTransactions {
  const transactions = new OpenTransactions()
  for (let offset = 0; offset < count; offset++) transactions.begin(offset, 1_000 + offset)
  return transactions
}

test('the oldest transaction is the one that begins first, in whatever order others end', () => {
  const transactions = open(4)
  transactions.end(2)
  expect(transactions.firstOffset).toBe(0)
  transactions.end(0)
  expect(transactions.firstOffset).toBe(1)
  expect(transactions.firstProducerId).toBe(1_001)
  transactions.end(1)
  expect(transactions.firstOffset).toBe(3)
  transactions.end(3)
  expect(transactions.firstOffset).toBeUndefined()
  expect(transactions.firstProducerId).toBeUndefined()
})

test('so it is with more of them than are kept in mind after their end', () => {
  const transactions = open(1_000)
  for (let offset = 0; offset < 1_000; offset++) {
    expect(transactions.firstOffset).toBe(offset)
    transactions.end(offset)
  }
  expect(transactions.size).toBe(0)
})

test('and behind one that stays open', () => {
  const transactions = open(1)
  for (let offset = 1; offset < 1_000; offset++) {
    transactions.begin(offset, 1)
    transactions.end(offset)
    expect(transactions.firstOffset).toBe(0)
  }
  transactions.begin(1_000, 1)
  transactions.end(0)
  expect(transactions.firstOffset).toBe(1_000)
})
