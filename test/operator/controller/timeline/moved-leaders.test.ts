import { expect, test } from 'vitest'
import { movedLeaders } from '../../../../operator/controller/timeline/moved-leaders.ts'
import {
  beat,
  create,
  type Decide,
  DecidedLog,
  fence,
  inSync,
  restart,
} from '../history/decided-log.ts'

/** What one decision says, on brokers 1 to 4 with partitions that 1, 1 and 2 lead. */
function moved(decide: Decide, ...before: Decide[]) {
  const log = new DecidedLog(1, 2, 3, 4)
  log.append(
    create('t', [
      [1, 2, 3],
      [2, 3, 1],
    ]),
    create('alone', [[1]]),
  )
  for (const one of before) log.append(one)
  const { image } = log
  log.append(decide)
  const batch = log.batches.at(-1)
  if (batch === undefined) throw new Error('nothing was decided')
  const { records, baseOffset: offset } = batch
  return movedLeaders(records, { image, offset }).map(({ leaders, ...rest }) => {
    return {
      ...rest,
      offset: rest.offset - offset,
      endOffset: rest.endOffset - offset,
      leaders: [...leaders],
    }
  })
}

test('a broker that is fenced gives up what it led, to another or to nobody', () => {
  expect(moved(fence(1))).toEqual([
    {
      brokerId: 1,
      cause: 'BrokerFenced',
      offset: 0,
      endOffset: 4, // the ISR of the partition that 2 leads is without it too
      partitions: 2,
      leaderless: 1,
      leaders: [2],
    },
  ])
})

test('of brokers that go together each has its own records', () => {
  expect(moved(fence(1, 2))).toMatchObject([
    { brokerId: 1, partitions: 2, leaders: [2] },
    { brokerId: 2, partitions: 2, leaderless: 0, leaders: [3] },
  ])
})

test('a broker that stops, and one that comes as another process, lead nothing any more', () => {
  const stop = beat(2, { wantShutDown: true })
  expect(moved(stop)).toMatchObject([
    { brokerId: 2, cause: 'ControlledShutdown', partitions: 1, leaders: [3] },
  ])
  expect(moved(restart(1))).toMatchObject([
    { brokerId: 1, cause: 'BrokerRegistered', partitions: 2 },
  ])
  expect(moved(restart(1, 'nothing'))).toMatchObject([{ brokerId: 1, cause: 'DataLost' }])
})

test('who led nothing has no partitions, and what is decided of others is not counted', () => {
  expect(moved(fence(4))).toMatchObject([{ brokerId: 4, partitions: 0, leaders: [] }])
  expect(moved(inSync('t', 0, [1, 2]))).toEqual([])
  expect(moved(beat(1), fence(1))).toEqual([]) // it is back
})
