import { expect, test } from 'vitest'
import { applyRecords } from '../../../../broker/metadata/apply.ts'
import { metadataRecord } from '../../../../broker/metadata/records.ts'
import { placesFor } from '../../../../operator/controller/decide/assignments.ts'
import { clusterOf } from './support.ts'

/** Three brokers, of which some are fenced. */
function withAway(...ids: number[]) {
  const image = clusterOf(0, 1, 2)
  const records = ids.map((brokerId) => {
    const brokerEpoch = image.brokers.get(brokerId)?.epoch ?? -1
    return metadataRecord('BrokerRegistrationChangeRecord', { brokerId, brokerEpoch, fenced: 1 })
  })
  return applyRecords(image, records)
}

const isLeaving = () => false
const idsOf = (all: readonly { id: number }[]) => all.map(({ id }) => id)

test('one of three brokers may be away when a topic is made, and has a replica all the same', () => {
  const { places, away } = placesFor(withAway(2), 3, isLeaving)
  expect([idsOf(places), idsOf(away)]).toEqual([[0, 1], [2]])
})

test('one that is there alone is not enough: it would take the topic with it', () => {
  expect(() => placesFor(withAway(1, 2), 3, isLeaving)).toThrow(
    'Unable to replicate the partition 3 time(s): 2 of 3 brokers are away.',
  )
})

test('nor is none', () => {
  expect(() => placesFor(withAway(0, 1, 2), 1, isLeaving)).toThrow(
    'Unable to replicate the partition 1 time(s): All brokers are currently fenced.',
  )
})
