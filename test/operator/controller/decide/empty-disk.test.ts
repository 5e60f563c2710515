import { expect, test } from 'vitest'
import { applyRecords } from '../../../../broker/metadata/apply.ts'
import { type MetadataImage, partitionOf } from '../../../../broker/metadata/image.ts'
import { metadataRecord } from '../../../../broker/metadata/records.ts'
import { fenceBrokers } from '../../../../operator/controller/decide/fencing.ts'
import { heartbeat } from '../../../../operator/controller/decide/heartbeat.ts'
import { incrementalAlterConfigs } from '../../../../operator/controller/decide/incremental-alter-configs.ts'
import { registerBroker } from '../../../../operator/controller/decide/register-broker.ts'
import { withElections } from '../../../../operator/controller/decide/unclean-elections.ts'
import { uuid } from '../../../broker/metadata/support.ts'
import { clusterId, clusterOf, heartbeatOf, registration, topic } from './support.ts'

const about = {
  brokerConfig: new Map<string, string>(),
  clusterId,
  nextOffset: 500,
  isAlive: false,
  rack: null,
}
const t = uuid(9)
const setting = 'unclean.leader.election.enable'
const allowed = metadataRecord('ConfigRecord', {
  resourceType: 2,
  resourceName: 't',
  name: setting,
  value: 'true',
})

/** Broker 1 has registered with its directory, and leads partition 0; broker 2 leads partition 1. */
const image = applyRecords(
  serving(registered(clusterOf(2), uuid(2_001), uuid(1))),
  topic('t', t, [1, 2]),
)

test('a broker that comes with the directory it had leads again what it led', () => {
  const again = serving(registered(image, uuid(2_001), uuid(2)))
  expect(partition(again, 0)).toMatchObject({ leader: 1, isr: [1] })
})

test('one that comes with another directory leads nothing of what it led, in no life from then on', () => {
  const emptied = registered(image, uuid(2_002), uuid(2))
  expect(partition(emptied, 0)).toMatchObject({ leader: -1, leaderEpoch: 1, isr: [] })
  expect(partition(serving(emptied), 0)).toMatchObject({ leader: -1, isr: [] })
  expect(partition(emptied, 1)).toEqual(partition(image, 1))

  const next = serving(registered(serving(emptied), uuid(2_002), uuid(3)))
  expect(partition(next, 0)).toMatchObject({ leader: -1, isr: [] })
  const restored = serving(registered(next, uuid(2_001), uuid(4)))
  expect(partition(restored, 0)).toMatchObject({ leader: -1, isr: [] })
})

test('it is told of how many partitions', () => {
  const request = registration(1, { incarnationId: uuid(2), logDirs: [uuid(2_002)] })
  expect(registerBroker(image, request, about).response.partitionsLost).toBe(1)
  const same = { ...request, logDirs: [uuid(2_001)] }
  expect(registerBroker(image, same, about).response.partitionsLost).toBe(0)
})

test('it leaves ISR and ELR of what others lead, whose leaders and epochs stay', () => {
  const shared = applyRecords(image, [
    change(1, { replicas: [2, 1], isr: [2, 1] }),
    change(0, { replicas: [1, 2], isr: [2], leader: 2, eligibleLeaderReplicas: [1] }),
  ])
  const emptied = registered(shared, uuid(2_002), uuid(2))
  const { leaderEpoch } = partition(shared, 0)
  expect(partition(emptied, 1)).toMatchObject({ leader: 2, leaderEpoch: 0, isr: [2] })
  expect(partition(emptied, 0)).toMatchObject({ leader: 2, leaderEpoch, isr: [2], elr: [] })
})

test('where unclean.leader.election.enable is said, it goes on with what it has', () => {
  const willing = applyRecords(image, [allowed])
  const emptied = registered(willing, uuid(2_002), uuid(2))
  expect(partition(emptied, 0)).toMatchObject({ leader: -1, isr: [] })
  expect(partition(serving(emptied), 0)).toMatchObject({
    leader: 1,
    leaderEpoch: 2,
    isr: [1],
    leaderRecoveryState: 'RECOVERING',
  })
})

test('so it does where that is said for all brokers', () => {
  const emptied = registered(image, uuid(2_002), uuid(2))
  const brokerConfig = new Map([[setting, 'true']])
  expect(partition(serving(emptied, brokerConfig), 0)).toMatchObject({ leader: 1, isr: [1] })
})

test('so it does at once where that is said later, and only once the broker is there', () => {
  const emptied = registered(image, uuid(2_002), uuid(2))
  expect(partition(allow(serving(emptied)), 0)).toMatchObject({ leader: 1, isr: [1] })
  expect(partition(allow(emptied), 0)).toMatchObject({ leader: -1, isr: [] })
  expect(partition(serving(allow(emptied)), 0)).toMatchObject({ leader: 1, isr: [1] })
})

test('whose data is only away is given to another replica there, and not where that is not allowed', () => {
  const shared = applyRecords(image, [change(0, { replicas: [1, 2] })])
  const away = applyRecords(shared, fenceBrokers(shared, [incarnationOf(shared, 1)], new Map()))
  expect(partition(away, 0)).toMatchObject({ leader: -1, isr: [], elr: [1] })
  const lost = { leader: 2, isr: [2], elr: [], leaderRecoveryState: 'RECOVERING' }
  expect(partition(allow(away), 0)).toMatchObject(lost)
})

function incarnationOf(of: MetadataImage, brokerId: number) {
  const { incarnationId = '' } = of.brokers.get(brokerId) ?? {}
  return { brokerId, incarnationId }
}

function partition(of: MetadataImage, index: number) {
  const found = partitionOf(of, { topicId: t, partition: index })
  if (found === undefined) throw new Error(`there is no partition ${index}`)
  return found
}

/** Broker 1 comes with a directory, as a new process. */
function registered(before: MetadataImage, directoryId: string, incarnationId: string) {
  const request = registration(1, { incarnationId, logDirs: [directoryId] })
  const nextOffset = before.highestBrokerEpoch + 1
  return applyRecords(before, registerBroker(before, request, { ...about, nextOffset }).records)
}

/** It says that it has caught up. */
function serving(before: MetadataImage, brokerConfig = new Map<string, string>()) {
  const request = heartbeatOf({ id: 1, epoch: before.brokers.get(1)?.epoch ?? -1 })
  const decided = heartbeat(before, request, { registeredAt: 0, brokerConfig })
  return applyRecords(before, decided.records)
}

function allow(before: MetadataImage): MetadataImage {
  const configs = [{ name: setting, configOperation: 0, value: 'true' }]
  const resources = [{ resourceType: 2, resourceName: 't', configs }]
  const altered = incrementalAlterConfigs(before, { resources, validateOnly: false }, 'protocol')
  return applyRecords(before, withElections(before, altered, new Map()).records)
}

function change(
  partitionId: number,
  fields: Omit<
    Parameters<typeof metadataRecord<'PartitionChangeRecord'>>[1],
    'topicId' | 'partitionId'
  >,
) {
  return metadataRecord('PartitionChangeRecord', { topicId: t, partitionId, ...fields })
}
