import { expect, test } from 'vitest'
import { describeFailover } from '../../../../operator/controller/timeline/describe-failover.ts'
import type { Failover } from '../../../../operator/controller/timeline/failover.ts'
import { FailoverTimeline } from '../../../../operator/controller/timeline/failover-timeline.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { create, type Decide, DecidedLog, fence } from '../history/decided-log.ts'

const startMs = 1_000_000

/** Brokers 1, 2 and 3, of which 1 leads a partition that 2 is next for, and one that 3 is next for. */
function start(
  replicas = [
    [1, 2, 3],
    [1, 3, 2],
  ],
) {
  const clock = new ManualClock(startMs)
  const told: Failover[] = []
  const timeline = new FailoverTimeline({ clock, onFailover: (failover) => told.push(failover) })
  const log = new DecidedLog(1, 2, 3)
  log.append(create('t', replicas))
  return {
    clock,
    timeline,
    told,
    /** @returns Where the log ends with it. */
    decide: (decide: Decide, brokerId: number, why: string): number => {
      const detections = [timeline.lost(brokerId, why)]
      const { image } = log
      log.append(decide)
      const batch = log.batches.at(-1)
      if (batch === undefined) throw new Error('nothing was decided')
      timeline.decided(batch.records, { image, offset: batch.baseOffset, detections })
      return batch.nextOffset
    },
  }
}

test('each step is timed, the last two by the last of those who are to lead', async () => {
  const { clock, timeline, told, decide } = start()
  timeline.seen(1)
  await clock.advance(30)
  const endOffset = decide(fence(1), 1, 'its connection is gone')
  await clock.advance(4)
  timeline.sent(2, endOffset) // of something else: nothing of it is appended yet
  timeline.committed(endOffset)
  await clock.advance(1)
  timeline.sent(2, endOffset)
  await clock.advance(1)
  timeline.acts(2, endOffset)
  timeline.sent(3, endOffset - 1)
  timeline.acts(3, endOffset - 1)
  await clock.advance(1)
  timeline.sent(3, endOffset)
  await clock.advance(10)
  expect(told).toEqual([])
  timeline.acts(3, endOffset)

  expect(told).toMatchObject([
    { brokerId: 1, cause: 'BrokerFenced', partitions: 2, leaderless: 0, endOffset, notSeen: [] },
  ])
  expect(told[0]?.steps).toEqual([
    { name: 'lastHeard', atMs: startMs, tookMs: null },
    { name: 'detected', atMs: startMs + 30, tookMs: 30 },
    { name: 'decided', atMs: startMs + 30, tookMs: 0 },
    { name: 'appended', atMs: startMs + 34, tookMs: 4 },
    { name: 'pushed', atMs: startMs + 37, tookMs: 3 },
    { name: 'led', atMs: startMs + 47, tookMs: 10 },
  ])
  expect(told.map(describeFailover)).toEqual([
    'failover of broker 1 (its connection is gone): 2 partitions lead elsewhere; ' +
      'detected +30 ms, decided +0 ms, appended +4 ms, pushed +3 ms, led +10 ms',
  ])
})

test('where nobody leads it is complete once it is appended', () => {
  const { timeline, told, decide } = start([[1]])
  timeline.committed(decide(fence(1), 1, 'its process ended'))
  expect(told.map(({ steps }) => steps.map(({ name }) => name))).toEqual([
    ['detected', 'decided', 'appended'],
  ])
  expect(told.map(describeFailover)).toEqual([
    'failover of broker 1 (its process ended): 1 partition has no leader; decided +0 ms, appended +0 ms',
  ])
})

test('who has caught up from elsewhere was sent it at that moment at the latest', async () => {
  const { clock, timeline, told, decide } = start([[1, 2]])
  const endOffset = decide(fence(1), 1, '')
  timeline.committed(endOffset)
  await clock.advance(7)
  timeline.acts(2, endOffset)
  expect(told[0]?.steps.slice(-2)).toMatchObject([
    { name: 'pushed', tookMs: 7 },
    { name: 'led', tookMs: 0 },
  ])
})

test('a broker that is to lead and goes too is not waited for', () => {
  const { timeline, told, decide } = start()
  const first = decide(fence(1), 1, 'its process ended')
  timeline.committed(first)
  timeline.acts(3, first)
  const second = decide(fence(2), 2, 'its process ended')
  expect(told).toMatchObject([{ brokerId: 1, notSeen: [2] }])
  expect(describeFailover(told[0] as Failover)).toMatch(
    /; of broker 2 it was not seen that it leads$/,
  )
  timeline.committed(second)
  timeline.acts(3, second)
  expect(told[1]).toMatchObject({ brokerId: 2, partitions: 1, notSeen: [] })
})

test('one that does not show that it leads is waited for no longer than some seconds', async () => {
  const { clock, timeline, told, decide } = start()
  const endOffset = decide(fence(1), 1, 'its process ended')
  timeline.committed(endOffset)
  timeline.acts(2, endOffset)
  timeline.sent(3, endOffset)
  await clock.advance(5_000)
  timeline.seen(3)
  expect(told).toEqual([])
  await clock.advance(1)
  timeline.seen(3)
  expect(told).toMatchObject([{ notSeen: [3] }])
  expect(told[0]?.steps.at(-1)?.name).toBe('pushed')
  timeline.acts(3, endOffset)
  expect(told).toHaveLength(1)
})

test('a controller that gives way tells nothing of what was under way', () => {
  const { timeline, told, decide } = start()
  const endOffset = decide(fence(1), 1, '')
  timeline.close()
  timeline.committed(endOffset)
  timeline.acts(2, endOffset)
  timeline.acts(3, endOffset)
  expect(told).toEqual([])
})
