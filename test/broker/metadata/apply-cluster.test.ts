import { describe, expect, test } from 'vitest'
import { applyRecords } from '../../../broker/metadata/apply.ts'
import { configOf, emptyImage, maxEpochs } from '../../../broker/metadata/image.ts'
import { type MetadataRecord, metadataRecord } from '../../../broker/metadata/records.ts'
import { brokerOf, metadataError, takeOver, uuid } from './support.ts'

const image = (...records: MetadataRecord[]) => applyRecords(emptyImage, records)
const inconsistent = metadataError('Inconsistent')

describe('a broker', () => {
  const registered = image(brokerOf(1, 10))
  const about = { brokerId: 1, brokerEpoch: 10 }
  const change = (fields: object) =>
    metadataRecord('BrokerRegistrationChangeRecord', { ...about, ...fields })
  const after = (...records: MetadataRecord[]) => applyRecords(registered, records)

  test('is there with what it registered, fenced', () => {
    expect(registered.brokers.get(1)).toEqual({
      id: 1,
      epoch: 10,
      incarnationId: uuid(1_010),
      endpoints: new Map([['plain', { host: 'b', port: 9092, securityProtocol: 0 }]]),
      features: new Map(),
      rack: null,
      fenced: true,
      inControlledShutdown: false,
      directoryIds: [uuid(2_001)],
    })
  })

  test('is fenced and unfenced, and the rest of it stays', () => {
    const unfenced = after(change({ fenced: -1 }))
    expect(unfenced.brokers.get(1)).toEqual({ ...registered.brokers.get(1), fenced: false })
    expect(applyRecords(unfenced, [change({})]).brokers.get(1)?.fenced).toBe(false)
    expect(applyRecords(unfenced, [change({ fenced: 1 })]).brokers.get(1)?.fenced).toBe(true)
    const old = { id: 1, epoch: 10 }
    expect(after(metadataRecord('UnfenceBrokerRecord', old)).brokers.get(1)?.fenced).toBe(false)
    expect(
      applyRecords(unfenced, [metadataRecord('FenceBrokerRecord', old)]).brokers.get(1)?.fenced,
    ).toBe(true)
  })

  test('that is shutting down in order does so until it registers again', () => {
    const shutting = after(change({ inControlledShutdown: 1 }), change({ fenced: -1 }))
    expect(shutting.brokers.get(1)?.inControlledShutdown).toBe(true)
    expect(applyRecords(shutting, [brokerOf(1, 11)]).brokers.get(1)?.inControlledShutdown).toBe(
      false,
    )
  })

  test('may get another directory', () => {
    expect(after(change({ logDirs: [uuid(8)] })).brokers.get(1)?.directoryIds).toEqual([uuid(8)])
  })

  test('is gone when it is unregistered, and its epoch is never given out again', () => {
    const gone = after(metadataRecord('UnregisterBrokerRecord', about))
    expect(gone.brokers.size).toBe(0)
    expect(gone.highestBrokerEpoch).toBe(10)
    expect(
      applyRecords(gone, [metadataRecord('BrokerEpochRecord', { brokerEpoch: 99 })]),
    ).toMatchObject({ highestBrokerEpoch: 99 })
  })

  test.each<[string, MetadataRecord]>([
    ['a registration with an old epoch', brokerOf(1, 10)],
    ['a change of an earlier life', change({ brokerEpoch: 9, fenced: 1 })],
    ['a change of no broker', change({ brokerId: 2 })],
    ['a fence of another life', metadataRecord('FenceBrokerRecord', { id: 1, epoch: 11 })],
    ['a fence by 2', change({ fenced: 2 })],
    ['a shutdown by -1', change({ inControlledShutdown: -1 })],
    ['an end of no broker', metadataRecord('UnregisterBrokerRecord', { ...about, brokerId: 2 })],
    ['a broker from ZooKeeper', { ...brokerOf(2, 20), isMigratingZkBroker: true } as never],
  ])('%s cannot be in the log', (_, record) => {
    expect(() => after(record)).toThrow(inconsistent)
  })
})

describe('a controller', () => {
  test('takes over with a higher epoch, and the history of epochs is kept', () => {
    const { controller, controllerEpochs } = image(takeOver(1, 0), takeOver(4, 1))
    expect(controller).toEqual({ epoch: 4, incarnationId: uuid(3_004), startOffset: 1 })
    expect(controllerEpochs).toEqual([
      { epoch: 1, incarnationId: uuid(3_001), startOffset: 0 },
      { epoch: 4, incarnationId: uuid(3_004), startOffset: 1 },
    ])
  })

  test('cannot take over with an epoch that was there, also not under another incarnation', () => {
    expect(() => image(takeOver(2, 0), takeOver(2, 1, 7))).toThrow(inconsistent)
    expect(() => image(takeOver(2, 0), takeOver(1, 1))).toThrow(inconsistent)
  })

  test('of long ago is forgotten', () => {
    const records = Array.from({ length: maxEpochs + 5 }, (_, index) => takeOver(index + 1, index))
    const { controllerEpochs, controller } = image(...records)
    expect(controllerEpochs).toHaveLength(maxEpochs)
    expect(controllerEpochs[0]?.epoch).toBe(6)
    expect(controller.epoch).toBe(maxEpochs + 5)
  })
})

test('a setting is set, changed and taken back', () => {
  const resource = { type: 4, name: '' }
  const set = (value: string | null) =>
    metadataRecord('ConfigRecord', { resourceType: 4, resourceName: '', name: 'a', value })
  expect([...configOf(image(set('1'), set('2')), resource)]).toEqual([['a', '2']])
  const back = image(set('1'), set(null))
  expect(configOf(back, resource).size).toBe(0)
  expect(back.configs.size).toBe(0)
})

test('producer ids only go up', () => {
  const next = (nextProducerId: number) =>
    metadataRecord('ProducerIdsRecord', { brokerId: 1, nextProducerId })
  expect(image(next(1_000), next(2_000)).nextProducerId).toBe(2_000)
  expect(() => image(next(1_000), next(999))).toThrow(inconsistent)
})

test('a log says whose it is, and never another', () => {
  const cluster = (clusterId: string) => metadataRecord('ClusterRecord', { clusterId })
  expect(image(cluster('a'), cluster('a')).clusterId).toBe('a')
  expect(() => image(cluster('a'), cluster('b'))).toThrow(inconsistent)
})

test('a feature is set and taken back; a metadata version that is not known stops the reader', () => {
  const feature = (name: string, featureLevel: number) =>
    metadataRecord('FeatureLevelRecord', { name, featureLevel })
  expect([...image(feature('a', 2), feature('a', 1)).features]).toEqual([['a', 1]])
  expect(image(feature('a', 2), feature('a', 0)).features.size).toBe(0)
  expect(() => image(feature('metadata.version', 31))).toThrow(
    metadataError('UnknownFeature', /31/),
  )
})
