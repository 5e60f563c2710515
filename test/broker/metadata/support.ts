import { expect } from 'vitest'
import { type MetadataRecord, metadataRecord } from '../../../broker/metadata/records.ts'

/** Uuids by number. */
export function uuid(number: number): string {
  const bytes = Buffer.alloc(16)
  bytes.writeUInt32BE(number, 12)
  return bytes.toString('base64url')
}

/** A topic with partitions 0 to `count`, all on brokers 1, 2 and 3. */
export function topicOf(name: string, topicId: string, count = 1): MetadataRecord[] {
  return [
    metadataRecord('TopicRecord', { name, topicId }),
    ...Array.from({ length: count }, (_, partitionId) =>
      metadataRecord('PartitionRecord', {
        topicId,
        partitionId,
        replicas: [1, 2, 3],
        isr: [1, 2, 3],
        addingReplicas: [],
        removingReplicas: [],
        leader: 1,
        leaderEpoch: 5,
        partitionEpoch: 7,
      }),
    ),
  ]
}

export function brokerOf(brokerId: number, brokerEpoch: number): MetadataRecord {
  return metadataRecord('RegisterBrokerRecord', {
    brokerId,
    brokerEpoch,
    incarnationId: uuid(1_000 + brokerEpoch),
    endPoints: [{ name: 'plain', host: 'b', port: 9092, securityProtocol: 0 }],
    features: [],
    rack: null,
    logDirs: [uuid(2_000 + brokerId)],
  })
}

export function takeOver(epoch: number, startOffset: number, incarnation = epoch): MetadataRecord {
  return metadataRecord('ControllerEpochRecord', {
    epoch,
    incarnationId: uuid(3_000 + incarnation),
    startOffset,
  })
}

/** What an error of the metadata log must be. */
export const metadataError = (problem: string, message = /./) =>
  expect.objectContaining({
    name: 'MetadataError',
    problem,
    message: expect.stringMatching(message),
  })
