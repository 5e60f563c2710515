import { describe, expect, test } from 'vitest'
import { applyRecords } from '../../../../broker/metadata/apply.ts'
import { type MetadataImage, partitionOf } from '../../../../broker/metadata/image.ts'
import { metadataRecord } from '../../../../broker/metadata/records.ts'
import { fenceBrokers } from '../../../../operator/controller/decide/fencing.ts'
import { heartbeat } from '../../../../operator/controller/decide/heartbeat.ts'
import {
  electFurthest,
  type ReplicaEnd,
} from '../../../../operator/controller/decide/partition/last-members.ts'
import { registerBroker } from '../../../../operator/controller/decide/register-broker.ts'
import { uuid } from '../../../broker/metadata/support.ts'
import { clusterId, clusterOf, heartbeatOf, registration, topic } from './support.ts'

const brokerConfig = new Map([['min.insync.replicas', '2']])
const t = uuid(9)
const flushed = uuid(10)

/** Brokers 1 to 3 have a replica of each of two topics, of which one flushes always. */
const image = [t, flushed].reduce(
  (before, topicId) => {
    const partition = { topicId, partitionId: 0, replicas: [1, 2, 3], isr: [1, 2, 3] }
    return applyRecords(before, [metadataRecord('PartitionChangeRecord', partition)])
  },
  applyRecords(clusterOf(1, 2, 3), [
    ...topic('t', t, [1]),
    ...topic('flushed', flushed, [1]),
    metadataRecord('ConfigRecord', {
      resourceType: 2,
      resourceName: 'flushed',
      name: 'kavka.flush',
      value: 'Always',
    }),
  ]),
)

function of(after: MetadataImage, topicId = t) {
  return partitionOf(after, { topicId, partition: 0 })
}

/** Each is fenced, in turn. */
function crash(before: MetadataImage, ...ids: number[]): MetadataImage {
  return ids.reduce((now, brokerId) => {
    const { incarnationId } = now.brokers.get(brokerId) ?? { incarnationId: '' }
    return applyRecords(now, fenceBrokers(now, [{ brokerId, incarnationId }], brokerConfig))
  }, before)
}

/** It registers, and is unfenced. */
function back(
  before: MetadataImage,
  brokerId: number,
  { isCacheKept, ...fields }: Partial<ReturnType<typeof registration>>,
): MetadataImage {
  const incarnationId = uuid(7_000 + before.highestBrokerEpoch)
  const request = registration(brokerId, {
    isCacheKept: isCacheKept ?? false,
    incarnationId,
    ...fields,
  })
  const about = { brokerConfig, clusterId, nextOffset: 500, isAlive: false, rack: null }
  const { records, response } = registerBroker(before, request, about)
  const registered = applyRecords(before, records)
  const beat = heartbeatOf({ id: brokerId, epoch: response.brokerEpoch })
  const decided = heartbeat(registered, beat, { registeredAt: 0, brokerConfig })
  return applyRecords(registered, decided.records)
}

function elected(
  before: MetadataImage,
  ends: Record<number, Omit<ReplicaEnd, 'leaderEpoch'> & { leaderEpoch?: number }>,
) {
  const leaderEpoch = of(before)?.leaderEpoch ?? -1
  const endOf = (id: number) => ends[id] && { leaderEpoch, ...ends[id] }
  const asked = [{ topicId: t, partition: 0 }]
  return applyRecords(before, electFurthest(before, asked, { endOf, brokerConfig }))
}

describe('a broker that comes back', () => {
  const gone = crash(image, 1, 2, 3)

  test('leads again where its cache is kept, though all crashed', () => {
    expect(of(gone)).toMatchObject({ leader: -1, isr: [], elr: [2, 3] })
    const after = back(gone, 3, { isCacheKept: true })
    expect(of(after)).toMatchObject({ leader: 3, isr: [3], leaderRecoveryState: 'RECOVERED' })
  })

  test('leads again where it was stopped in order, by the epoch that it had', () => {
    const { epoch: previousBrokerEpoch = -1 } = gone.brokers.get(3) ?? {}
    const after = back(gone, 3, { previousBrokerEpoch })
    expect(of(after)).toMatchObject({ leader: 3, leaderRecoveryState: 'RECOVERED' })
    const earlier = back(gone, 3, { previousBrokerEpoch: previousBrokerEpoch - 1 })
    expect(of(earlier)).toMatchObject({ leader: -1, elr: [2], lastKnownElr: [3] })
  })

  test('loses its seat where what was not flushed may be gone', () => {
    expect(of(back(gone, 3, {}))).toMatchObject({ leader: -1, elr: [2], lastKnownElr: [3] })
  })

  test('keeps its seat in topics that flush always', () => {
    expect(of(back(gone, 3, {}), flushed)).toMatchObject({ leader: 3, isr: [3] })
  })

  test('is out of the ISR for a loss, also where it was not noticed that it was gone', () => {
    expect(of(back(image, 3, {}))).toMatchObject({ isr: [1, 2], elr: [], lastKnownElr: [] })
  })
})

describe('where all last members may have lost something', () => {
  const lost = back(back(crash(image, 1, 2, 3), 2, {}), 3, {})
  const short = { lastEpoch: 4, endOffset: 10 }

  test('nobody leads before all were heard', () => {
    expect(of(lost)).toMatchObject({ leader: -1, isr: [], elr: [], lastKnownElr: [2, 3] })
    expect(of(elected(lost, { 2: short }))).toMatchObject({ leader: -1 })
    expect(of(elected(lost, { 1: short, 2: short }))).toMatchObject({ leader: -1 })
  })

  test('the one leads whose log goes furthest, and has to say that it recovered', () => {
    const after = elected(lost, { 2: short, 3: { lastEpoch: 4, endOffset: 11 } })
    const seats = { leader: 3, isr: [3], elr: [], lastKnownElr: [2] }
    expect(of(after)).toMatchObject({ ...seats, leaderRecoveryState: 'RECOVERING' })
  })

  test('another is asked if the one that was elected loses everything before anybody follows it', () => {
    const led = elected(lost, { 2: short, 3: { lastEpoch: 4, endOffset: 11 } })
    expect(of(back(led, 3, { logDirs: [uuid(77)] }))).toMatchObject({ leader: 2, isr: [2] })
  })

  test('a later epoch goes further than any offset', () => {
    const after = elected(lost, { 2: { lastEpoch: 5, endOffset: 3 }, 3: short })
    expect(of(after)).toMatchObject({ leader: 2 })
  })

  test('of equal logs the preferred one leads', () => {
    expect(of(elected(lost, { 2: short, 3: short }))).toMatchObject({ leader: 2 })
  })

  test('what was said before somebody led since is nothing', () => {
    const after = elected(lost, { 2: short, 3: { ...short, leaderEpoch: 0 } })
    expect(of(after)).toMatchObject({ leader: -1 })
  })

  test('one that is away is waited for', () => {
    const after = elected(crash(lost, 3), { 2: short, 3: short })
    expect(of(after)).toMatchObject({ leader: -1, lastKnownElr: [2, 3] })
  })

  test('one with an empty disk is not waited for: the other leads', () => {
    const after = back(lost, 3, { logDirs: [uuid(77)] })
    expect(of(elected(after, { 2: short }))).toMatchObject({ leader: 2 })
  })
})
