import { expect, test } from 'vitest'
import { applyRecords } from '../../../../broker/metadata/apply.ts'
import { emptyImage, partitionOf } from '../../../../broker/metadata/image.ts'
import { fenceBrokers } from '../../../../operator/controller/decide/fencing.ts'
import { heartbeat } from '../../../../operator/controller/decide/heartbeat.ts'
import { allocateProducerIds } from '../../../../operator/controller/decide/producer-ids.ts'
import { registerBroker } from '../../../../operator/controller/decide/register-broker.ts'
import { uuid } from '../../../broker/metadata/support.ts'
import {
  broker,
  clusterId,
  clusterOf,
  heartbeatOf,
  kafkaError,
  registration,
  topic,
} from './support.ts'

const about = {
  brokerConfig: new Map<string, string>(),
  clusterId,
  nextOffset: 7,
  isAlive: false,
  rack: null,
}
const at = (registeredAt: number) => ({ registeredAt, brokerConfig: new Map<string, string>() })
const t = uuid(9)
const image = applyRecords(clusterOf(1, 2), topic('t', t, [1, 2]))
const beat = heartbeatOf({ id: 1, epoch: 101 }, { currentMetadataOffset: 50 })

test('a new broker is registered fenced, with the offset of its record as its epoch', () => {
  const { records, response } = registerBroker(emptyImage, registration(3), about)
  expect(response.brokerEpoch).toBe(7)
  expect(applyRecords(emptyImage, records).brokers.get(3)).toMatchObject({ fenced: true, epoch: 7 })
})

test('no broker epoch is given out twice, also where the log is shorter than it was', () => {
  expect(registerBroker(image, registration(3), about).response.brokerEpoch).toBe(103)
})

test('a process that registers again, since it did not hear the answer, has the same epoch', () => {
  const again = registration(1, { incarnationId: uuid(1_001) })
  const decided = registerBroker(image, again, { ...about, isAlive: true })
  expect(decided).toEqual({
    records: [],
    response: { brokerEpoch: 101, loses: 'nothing', partitionsLost: 0 },
  })
})

test('another process of a broker that is alive is refused; of one that is not, it takes its place and leads nothing', () => {
  const other = registration(1)
  expect(() => registerBroker(image, other, { ...about, isAlive: true })).toThrow(
    expect.objectContaining(kafkaError('DUPLICATE_BROKER_REGISTRATION')),
  )
  const after = applyRecords(image, registerBroker(image, other, about).records)
  expect(partitionOf(after, { topicId: t, partition: 0 })).toMatchObject({
    leader: -1,
    leaderEpoch: 1,
    isr: [],
    elr: [1],
  })
  expect(partitionOf(after, { topicId: t, partition: 1 })).toMatchObject({ leader: 2 })
})

test('a broker stands where the controller is told that it does', () => {
  const rackOf = (rack: string | null, said: string | null) => {
    const { records } = registerBroker(image, registration(3, { rack: said }), { ...about, rack })
    return applyRecords(image, records).brokers.get(3)?.rack
  }
  expect(rackOf('zone-a', null)).toBe('zone-a')
  expect(rackOf(null, 'own')).toBe('own')
  expect(rackOf(null, null)).toBeNull()
})

test('a broker of which it is not known yet where it stands is to try again', () => {
  expect(() => registerBroker(image, registration(3), { ...about, rack: undefined })).toThrow(
    expect.objectContaining(kafkaError('BROKER_NOT_AVAILABLE')),
  )
})

test('a broker of another cluster is refused', () => {
  const stranger = registration(3, { clusterId: uuid(77) })
  expect(() => registerBroker(image, stranger, about)).toThrow(
    expect.objectContaining(kafkaError('INCONSISTENT_CLUSTER_ID')),
  )
})

test('a broker is unfenced once it has applied its own registration, and leads again what it led', () => {
  const fenced = applyRecords(
    image,
    fenceBrokers(image, [{ brokerId: 1, incarnationId: uuid(1_001) }], new Map()),
  )
  expect(fenced.brokers.get(1)?.fenced).toBe(true)
  expect(partitionOf(fenced, { topicId: t, partition: 0 })).toMatchObject({ leader: -1 })

  const behind = heartbeat(fenced, beat, at(51))
  expect(behind.records).toEqual([])
  expect(behind.response).toMatchObject({ isFenced: true, isCaughtUp: false })

  const there = heartbeat(fenced, beat, at(50))
  expect(there.response).toMatchObject({ isFenced: false, isCaughtUp: true })
  const after = applyRecords(fenced, there.records)
  expect(after.brokers.get(1)?.fenced).toBe(false)
  expect(partitionOf(after, { topicId: t, partition: 0 })).toMatchObject({
    leader: 1,
    leaderEpoch: 2,
    partitionEpoch: 2,
  })
})

test('of two that are gone at once neither leads for the other', () => {
  const shared = applyRecords(clusterOf(1, 2), topic('s', uuid(70), [[1, 2]]))
  const gone = [1, 2].map((brokerId) => ({ brokerId, incarnationId: uuid(1_000 + brokerId) }))
  const after = applyRecords(shared, fenceBrokers(shared, gone, new Map()))
  expect(partitionOf(after, { topicId: uuid(70), partition: 0 })).toMatchObject({
    leader: -1,
    isr: [],
    elr: [2],
  })
})

test('a broker that wants to stop leads nothing, may stop, and is not taken back', () => {
  const { records, response } = heartbeat(image, { ...beat, wantShutDown: true }, at(0))
  expect(response).toMatchObject({ isFenced: true, shouldShutDown: true })
  const after = applyRecords(image, records)
  expect(partitionOf(after, { topicId: t, partition: 0 })).toMatchObject({ leader: -1 })
  expect(heartbeat(after, beat, at(0))).toMatchObject({ records: [], response: { isFenced: true } })
})

test('a heartbeat of an earlier life, or of nobody, is refused', () => {
  expect(() => heartbeat(image, { ...beat, brokerEpoch: 100 }, at(0))).toThrow(
    expect.objectContaining(kafkaError('STALE_BROKER_EPOCH')),
  )
  expect(() => heartbeat(image, { ...beat, brokerId: 9 }, at(0))).toThrow(
    expect.objectContaining(kafkaError('BROKER_ID_NOT_REGISTERED')),
  )
})

test('a connection that closes late fences neither the next process nor who is fenced already', () => {
  expect(fenceBrokers(image, [{ brokerId: 1, incarnationId: uuid(4) }], new Map())).toEqual([])
  const fenced = applyRecords(emptyImage, broker(1, { fenced: true }))
  expect(fenceBrokers(fenced, [{ brokerId: 1, incarnationId: uuid(1_001) }], new Map())).toEqual([])
})

test('producer ids come in blocks of a thousand, none of them twice', () => {
  const first = allocateProducerIds(image, { brokerId: 1, brokerEpoch: 101 })
  expect(first.response).toMatchObject({ producerIdStart: 0, producerIdLen: 1_000 })
  const after = applyRecords(image, first.records)
  const second = allocateProducerIds(after, { brokerId: 2, brokerEpoch: 102 })
  expect(second.response).toMatchObject({ producerIdStart: 1_000 })
})
