import { expect, test } from 'vitest'
import { findDirtyRange, type LogFacts } from '../../../../broker/log/compaction/dirty-range.ts'
import { defaultLogConfig } from '../../../../broker/log/log-config.ts'

const segment = (baseOffset: number, sizeBytes: number, time: number) => ({
  baseOffset,
  sizeBytes,
  firstTimestamp: time,
  maxTimestamp: time + 5,
})
const segments = [
  segment(0, 100, 1_000),
  segment(10, 200, 2_000),
  segment(20, 300, 3_000),
  segment(30, 400, 4_000),
]
const log: LogFacts = {
  segments,
  logStartOffset: 0,
  logEndOffset: 40,
  lastStableOffset: 40,
  cleanedEndOffset: undefined,
}
const find = (facts: Partial<LogFacts>, config = {}, nowMs = 10_000) =>
  findDirtyRange({ ...log, ...facts }, { ...defaultLogConfig, ...config }, nowMs)

test('all but the active segment is dirty in a log that was never cleaned', () => {
  expect(find({})).toEqual({
    firstDirtyOffset: 0,
    firstUncleanableOffset: 30,
    resetsCheckpoint: false,
    cleanBytes: 0,
    cleanableBytes: 600,
    dirtyRatio: 1,
    overdueMs: 0,
    shouldClean: true,
  })
})

test('what was cleaned counts against what is dirty', () => {
  const range = find({ cleanedEndOffset: 20 })
  expect(range).toMatchObject({ firstDirtyOffset: 20, cleanBytes: 300, dirtyRatio: 0.5 })
  expect(range.shouldClean).toBe(false)
  expect(find({ cleanedEndOffset: 20 }, { minCleanableDirtyRatio: 0.4 }).shouldClean).toBe(true)
})

test('a segment that was cleaned up to its middle is dirty', () => {
  expect(find({ cleanedEndOffset: 15 })).toMatchObject({ cleanBytes: 100, cleanableBytes: 500 })
})

test('nothing is cleaned from the segment on that holds the last stable offset', () => {
  expect(find({ lastStableOffset: 25 }).firstUncleanableOffset).toBe(20)
  expect(find({ lastStableOffset: 20 }).firstUncleanableOffset).toBe(20)
  expect(find({ lastStableOffset: 5 })).toMatchObject({ cleanableBytes: 0, shouldClean: false })
})

test('a segment with a record younger than min.compaction.lag.ms is left alone', () => {
  expect(find({}, { minCompactionLagMs: 7_500 }).firstUncleanableOffset).toBe(20)
  expect(find({}, { minCompactionLagMs: 1_000 }).firstUncleanableOffset).toBe(30)
})

test('what is older than max.compaction.lag.ms is cleaned however little it is', () => {
  const config = { minCleanableDirtyRatio: 1, maxCompactionLagMs: 6_000 }
  expect(find({ cleanedEndOffset: 20 }, config)).toMatchObject({
    overdueMs: 1_000,
    shouldClean: true,
  })
  expect(find({ cleanedEndOffset: 20 }, config, 9_000).shouldClean).toBe(false)
})

test('a checkpoint outside the log is not believed', () => {
  const moved = { logStartOffset: 12, cleanedEndOffset: 5 }
  expect(find(moved)).toMatchObject({ firstDirtyOffset: 12, resetsCheckpoint: true })
  expect(find({ cleanedEndOffset: 41 })).toMatchObject({
    firstDirtyOffset: 0,
    resetsCheckpoint: true,
  })
})

test('a log with only an active segment, or none, has nothing to clean', () => {
  const nothing = { cleanableBytes: 0, dirtyRatio: 0, shouldClean: false }
  expect(find({ segments: segments.slice(0, 1) })).toMatchObject(nothing)
  expect(find({ segments: [] })).toMatchObject(nothing)
})
