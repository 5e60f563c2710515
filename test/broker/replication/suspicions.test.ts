import { expect, test } from 'vitest'
import { applyRecords } from '../../../broker/metadata/apply.ts'
import { emptyImage } from '../../../broker/metadata/image.ts'
import { type MetadataRecord, metadataRecord } from '../../../broker/metadata/records.ts'
import { Suspicions } from '../../../broker/replication/follower/suspicions.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { uuid } from '../metadata/support.ts'

function registered(brokerId: number, { brokerEpoch = 1, fenced = false } = {}): MetadataRecord {
  return metadataRecord('RegisterBrokerRecord', {
    brokerId,
    brokerEpoch,
    incarnationId: uuid(brokerEpoch),
    endPoints: [],
    features: [],
    rack: null,
    fenced,
    inControlledShutdown: false,
    logDirs: [],
  })
}

function begin() {
  const clock = new ManualClock()
  let image = applyRecords(emptyImage, [registered(1), registered(2)])
  const suspicions = new Suspicions(clock, () => image)
  const tell = (...records: MetadataRecord[]) => {
    image = applyRecords(image, records)
  }
  return { clock, suspicions, tell, left: (id: number) => suspicions.leftMs((own) => own === id) }
}

test('who would be sent to a broker whose connection was reset waits, for half a second', async () => {
  const { clock, suspicions, left } = begin()
  suspicions.suspect(1)
  expect([left(1), left(2)]).toEqual([500, 0])
  await clock.advance(200)
  expect(left(1)).toBe(300)
  await clock.advance(300)
  expect(left(1)).toBe(0)
})

test('then it is lost, for as long as it takes a second controller to decide', async () => {
  const { clock, suspicions } = begin()
  suspicions.suspect(1)
  await clock.advance(499)
  expect(suspicions.isLost(1)).toBe(false)
  await clock.advance(1)
  expect([suspicions.isLost(1), suspicions.isLost(2)]).toEqual([true, false])
  await clock.advance(9_499)
  expect(suspicions.isLost(1)).toBe(true)
  await clock.advance(1)
  expect(suspicions.isLost(1)).toBe(false)
})

test('a second reset changes nothing of that, unless it has served meanwhile', async () => {
  const { clock, suspicions, left } = begin()
  suspicions.suspect(1)
  await clock.advance(600)
  suspicions.suspect(1)
  expect([suspicions.isLost(1), left(1)]).toEqual([true, 0])
  suspicions.trust(1)
  expect(suspicions.isLost(1)).toBe(false)
  suspicions.suspect(1)
  expect([suspicions.isLost(1), left(1)]).toEqual([false, 500])
})

test.each<[string, MetadataRecord]>([
  [
    'fenced',
    metadataRecord('BrokerRegistrationChangeRecord', { brokerId: 1, brokerEpoch: 1, fenced: 1 }),
  ],
  ['registered anew', registered(1, { brokerEpoch: 2 })],
  ['unregistered', metadataRecord('UnregisterBrokerRecord', { brokerId: 1, brokerEpoch: 1 })],
])('neither once it is %s', async (_, record) => {
  const { clock, suspicions, tell, left } = begin()
  suspicions.suspect(1)
  suspicions.suspect(2)
  await clock.advance(400)
  tell(record)
  expect([left(1), left(2)]).toEqual([0, 100])
  await clock.advance(200)
  expect([suspicions.isLost(1), suspicions.isLost(2)]).toEqual([false, true])
})

test('nor once it answers, nor is one that nobody knows', () => {
  const { suspicions, left } = begin()
  suspicions.suspect(1)
  suspicions.trust(1)
  suspicions.suspect(7)
  expect([left(1), left(7)]).toEqual([0, 0])
})

test('of several that are meant the last one counts', async () => {
  const { clock, suspicions } = begin()
  suspicions.suspect(1)
  await clock.advance(100)
  suspicions.suspect(2)
  expect(suspicions.leftMs(() => true)).toBe(500)
})
