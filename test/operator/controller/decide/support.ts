import { applyRecords } from '../../../../broker/metadata/apply.ts'
import { emptyImage, type MetadataImage } from '../../../../broker/metadata/image.ts'
import { type MetadataRecord, metadataRecord } from '../../../../broker/metadata/records.ts'
import type { OwnRequestOf, RequestOf } from '../../../../broker/protocol/apis.ts'
import type { Random } from '../../../../lib/random.ts'
import { uuid } from '../../../broker/metadata/support.ts'
import { seeded } from '../../../support/mutate.ts'

export const clusterId = uuid(1)

/** Brokers by id that are registered and unfenced; their epochs are 100 + id. */
export function clusterOf(...brokerIds: number[]): MetadataImage {
  return brokerIds.reduce((image, id) => applyRecords(image, broker(id)), emptyImage)
}

export function broker(
  brokerId: number,
  { fenced = false, logDirs = [] }: { fenced?: boolean; logDirs?: string[] } = {},
): MetadataRecord[] {
  return [
    metadataRecord('RegisterBrokerRecord', {
      brokerId,
      brokerEpoch: 100 + brokerId,
      incarnationId: uuid(1_000 + brokerId),
      endPoints: [{ name: 'client', host: 'b', port: 9092, securityProtocol: 0 }],
      features: [],
      rack: null,
      fenced,
      logDirs,
    }),
  ]
}

/** A topic, with the one replica of each partition or all of them, who are in sync; the first leads. */
export function topic(
  name: string,
  topicId: string,
  partitions: readonly (number | readonly number[])[],
): MetadataRecord[] {
  return [
    metadataRecord('TopicRecord', { name, topicId }),
    ...partitions.map((ids, partitionId) =>
      metadataRecord('PartitionRecord', {
        topicId,
        partitionId,
        replicas: [ids].flat(),
        isr: [ids].flat(),
        addingReplicas: [],
        removingReplicas: [],
        leader: [ids].flat()[0],
        leaderEpoch: 0,
        partitionEpoch: 0,
      }),
    ),
  ]
}

export function registration(
  brokerId: number,
  fields: Partial<OwnRequestOf<'BrokerRegistration'>> = {},
): OwnRequestOf<'BrokerRegistration'> {
  return {
    brokerId,
    clusterId,
    incarnationId: uuid(5_000 + brokerId),
    listeners: [{ name: 'client', host: 'b', port: 9092, securityProtocol: 0 }],
    features: [],
    rack: null,
    isMigratingZkBroker: false,
    logDirs: [uuid(2_000 + brokerId)],
    previousBrokerEpoch: -1,
    metadataPosition: null,
    isCacheKept: true,
    ...fields,
  }
}

/** A broker that has applied everything, unless it says otherwise. */
export function heartbeatOf(
  { id: brokerId, epoch: brokerEpoch }: { id: number; epoch: number },
  fields: Partial<RequestOf<'BrokerHeartbeat'>> = {},
): RequestOf<'BrokerHeartbeat'> {
  return {
    brokerId,
    brokerEpoch,
    currentMetadataOffset: Number.MAX_SAFE_INTEGER,
    wantFence: false,
    wantShutDown: false,
    offlineLogDirs: [],
    cordonedLogDirs: null,
    ...fields,
  }
}

/** Chance from a seed. */
export function chance(seed: number): Random {
  const below = seeded(seed * 2_654_435_761 + 1)
  return {
    below,
    bytes: (count) => Uint8Array.from({ length: count }, () => below(256)),
  }
}

export const kafkaError = (code: string) => ({ name: 'KafkaError', code })
