import { expect, test } from 'vitest'
import { applyRecords } from '../../broker/metadata/apply.ts'
import { emptyImage } from '../../broker/metadata/image.ts'
import { metadataRecord } from '../../broker/metadata/records.ts'
import { canHandOver, sendAway } from '../../broker/send-away.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { uuid } from './metadata/support.ts'
import { topicOn } from './partition/support.ts'

/** @param isAsked Whether somebody is sent away at that time. @returns After how long it was over. */
async function lasted(isAsked: (ms: number) => boolean): Promise<number> {
  const clock = new ManualClock()
  let sent = 0
  const waiting = { isOver: false }
  const beganMs = clock.monotonicMs()
  void sendAway(clock, () => sent).then(() => {
    waiting.isOver = true
  })
  while (!waiting.isOver) {
    if (isAsked(clock.monotonicMs() - beganMs)) sent++
    await clock.advance(5)
  }
  return clock.monotonicMs() - beganMs
}

test('where nobody asks any more a broker stops after a moment', async () => {
  expect(await lasted(() => false)).toBe(150)
})

test('while clients are sent away it serves on, for a second at most', async () => {
  expect(await lasted((ms) => ms < 400)).toBe(550)
  expect(await lasted(() => true)).toBe(1_000)
})

test.each([
  ['leads, with others that are there', { leader: 1, fenced: -1 }, true],
  ['leads, while the others are fenced', { leader: 1, fenced: 1 }, false],
  ['does not lead', { leader: 2, fenced: -1 }, false],
])('whoever %s: to be waited for is %s', (_, { leader, fenced }, expected) => {
  const registered = [1, 2].map((brokerId) => {
    const own = { brokerId, brokerEpoch: 1, incarnationId: uuid(70 + brokerId), endPoints: [] }
    return metadataRecord('RegisterBrokerRecord', { ...own, features: [], rack: null, logDirs: [] })
  })
  const records = [
    ...registered,
    metadataRecord('BrokerRegistrationChangeRecord', { brokerId: 2, brokerEpoch: 1, fenced }),
    ...topicOn('orders', uuid(1), { leader }),
  ]
  expect(canHandOver(applyRecords(emptyImage, records), 1)).toBe(expected)
})
