import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decodeLeaderEpochs,
  encodeLeaderEpochs,
} from '../../../broker/log/leader-epoch-checkpoint.ts'
import { LeaderEpochs } from '../../../broker/log/leader-epochs.ts'
import { fromBase64, kafkaFiles, toBase64 } from './kafka-files.ts'

function epochs(...starts: [epoch: number, startOffset: number][]): LeaderEpochs {
  return new LeaderEpochs(starts.map(([epoch, startOffset]) => ({ epoch, startOffset })))
}

function pairs({ entries }: LeaderEpochs): number[][] {
  return entries.map(({ epoch, startOffset }) => [epoch, startOffset])
}

describe.each(kafkaFiles.leaderEpochRuns)("Kafka's own run $seed", (run) => {
  const cache = new LeaderEpochs()

  test('has the same epochs after each step', () => {
    for (const { do: call, epoch, offset, entries } of run.steps) {
      const before = pairs(cache)
      const changed = call === 'assign' ? cache.assign(epoch ?? -1, offset) : cache[call](offset)
      expect(pairs(cache)).toEqual(entries)
      expect(changed).toBe(JSON.stringify(before) !== JSON.stringify(entries))
    }
  })

  test('finds what Kafka finds', () => {
    for (const [epoch, found, endOffset, previous, next] of run.byEpoch) {
      expect(cache.endOffsetFor({ epoch, logEndOffset: 10_000 })).toEqual({
        epoch: found,
        endOffset,
      })
      expect(cache.previousEpoch(epoch) ?? null).toBe(previous)
      expect(cache.nextEpoch(epoch) ?? null).toBe(next)
    }
    run.epochForOffset.forEach((epoch, offset) => {
      expect(cache.epochForOffset(offset) ?? null).toBe(epoch)
    })
  })

  test('writes the same checkpoint, and reads it', () => {
    expect(toBase64(encodeLeaderEpochs(cache.entries))).toBe(run.base64)
    expect(new LeaderEpochs(decodeLeaderEpochs(fromBase64(run.base64)))).toEqual(cache)
  })
})

describe('the end of an epoch', () => {
  const known = epochs([2, 10], [4, 20], [7, 30])
  const endOf = (epoch: number) => Object.values(known.endOffsetFor({ epoch, logEndOffset: 35 }))

  test('is where the next one begins, and of the latest the end of the log', () => {
    expect(endOf(2)).toEqual([2, 20])
    expect(endOf(7)).toEqual([7, 35])
  })

  test('of an epoch without data is that of the largest epoch below it', () => {
    expect(endOf(5)).toEqual([4, 30])
  })

  test('of an epoch before the log is its beginning', () => {
    expect(endOf(1)).toEqual([1, 10])
  })

  test('is unknown for a later epoch and for none', () => {
    expect(endOf(8)).toEqual([-1, -1])
    expect(endOf(-1)).toEqual([-1, -1])
    expect(epochs().endOffsetFor({ epoch: 0, logEndOffset: 0 })).toEqual({
      epoch: -1,
      endOffset: -1,
    })
  })
})

test('an epoch keeps the offset that it was given first', () => {
  const known = epochs([2, 10])
  expect(known.assign(2, 12)).toBe(false)
  expect(pairs(known)).toEqual([[2, 10]])
})

test('an epoch that begins before others takes their place', () => {
  const known = epochs([2, 10], [3, 20], [5, 30])
  expect(known.assign(6, 20)).toBe(true)
  expect(pairs(known)).toEqual([
    [2, 10],
    [6, 20],
  ])
})

test('truncating the end removes epochs that begin there', () => {
  const known = epochs([2, 10], [3, 20])
  expect(known.truncateFromEnd(21)).toBe(false)
  expect(known.truncateFromEnd(20)).toBe(true)
  expect(pairs(known)).toEqual([[2, 10]])
})

test('truncating the start keeps the epoch that the new start is in', () => {
  const known = epochs([2, 10], [3, 20], [4, 30])
  expect(known.truncateFromStart(25)).toBe(true)
  expect(pairs(known)).toEqual([
    [3, 25],
    [4, 30],
  ])
  expect(known.truncateFromStart(25)).toBe(false)
  expect(known.truncateFromStart(24)).toBe(false)
  expect(known.clear()).toBe(true)
  expect(known.latest).toBeUndefined()
  expect(known.clear()).toBe(false)
})

/** A log as it is: the epoch of each of its records. */
type Log = { startOffset: number; epochs: number[]; leaderEpoch: number }

const change = fc.oneof(
  fc.record({ type: fc.constant('append' as const), count: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ type: fc.constant('elect' as const), count: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ type: fc.constant('cutEnd' as const), count: fc.integer({ min: 0, max: 6 }) }),
  fc.record({ type: fc.constant('cutStart' as const), count: fc.integer({ min: 0, max: 6 }) }),
)

test('they agree with a log that keeps the epoch of each record', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40, size: 'max' }), (changes) => {
      const log: Log = { startOffset: 0, epochs: [], leaderEpoch: 0 }
      const known = new LeaderEpochs()
      for (const { type, count } of changes) {
        const end = log.startOffset + log.epochs.length
        if (type === 'elect') log.leaderEpoch += count
        if (type === 'append') {
          log.epochs.push(...Array<number>(count).fill(log.leaderEpoch))
          known.assign(log.leaderEpoch, end)
        }
        if (type === 'cutEnd') {
          log.epochs.splice(Math.max(log.epochs.length - count, 0))
          known.truncateFromEnd(log.startOffset + log.epochs.length)
        }
        if (type === 'cutStart' && count < log.epochs.length) {
          log.epochs.splice(0, count)
          log.startOffset += count
          known.truncateFromStart(log.startOffset)
        }
        compare(known, log)
      }
    }),
    { numRuns: 2_000 },
  )
})

function compare(known: LeaderEpochs, { startOffset, epochs: ofRecords, leaderEpoch }: Log): void {
  const logEndOffset = startOffset + ofRecords.length
  ofRecords.forEach((epoch, index) => {
    expect(known.epochForOffset(startOffset + index)).toBe(epoch)
  })
  const latest = ofRecords.at(-1)
  expect(known.latest?.epoch).toBe(latest)
  expect(known.earliest?.startOffset).toBe(latest === undefined ? undefined : startOffset)
  for (let epoch = 0; epoch <= leaderEpoch; epoch++) {
    const found = known.endOffsetFor({ epoch, logEndOffset })
    if (latest === undefined || epoch > latest) {
      expect(found).toEqual({ epoch: -1, endOffset: -1 })
      continue
    }
    const next = ofRecords.findIndex((other) => other > epoch)
    expect(found).toEqual({
      epoch: ofRecords.findLast((other) => other <= epoch) ?? epoch,
      endOffset: next === -1 ? logEndOffset : startOffset + next,
    })
  }
}
