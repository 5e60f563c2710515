import { applyRecords } from '../../broker/metadata/apply.ts'
import { emptyImage, type MetadataImage } from '../../broker/metadata/image.ts'
import { type MetadataRecord, metadataRecord } from '../../broker/metadata/records.ts'
import { seeded } from './mutate.ts'

/**
 * Lives of a cluster from a seed, as records that can follow one another: topics come and go under
 * few names, brokers register again, controllers take over.
 */
export class MetadataHistory {
  image: MetadataImage = emptyImage
  offset = 0
  readonly #below: (below: number) => number
  #ids = 0

  constructor(seed: number) {
    this.#below = seeded(seed * 2_654_435_761 + 1)
    for (let turn = 0; turn < 5; turn++) this.#below(2)
  }

  /** What one append may hold, applied here already. */
  next(): MetadataRecord[] {
    const records: MetadataRecord[] = []
    for (let left = 1 + this.#below(4); left > 0; left--) {
      const more = this.#some()
      this.image = applyRecords(this.image, more)
      this.offset += more.length
      records.push(...more)
    }
    return records
  }

  /** A uuid that was not there yet. */
  newId(): string {
    const bytes = Buffer.alloc(16)
    bytes.writeUInt32BE(this.#below(2 ** 32), 0)
    bytes.writeUInt32BE(++this.#ids, 12)
    return bytes.toString('base64url')
  }

  takeOver(): MetadataRecord {
    return metadataRecord('ControllerEpochRecord', {
      epoch: this.image.controller.epoch + 1 + this.#below(3),
      incarnationId: this.newId(),
      startOffset: this.offset,
    })
  }

  #some(): MetadataRecord[] {
    const { image } = this
    const topic = this.#pick([...image.topics.values()])
    const broker = this.#pick([...image.brokers.values()])
    switch (this.#below(14)) {
      case 0:
        return [this.takeOver()]
      case 1:
      case 2:
        return [this.#registration()]
      case 3:
        if (broker === undefined) return [this.#registration()]
        return [
          metadataRecord('BrokerRegistrationChangeRecord', {
            brokerId: broker.id,
            brokerEpoch: broker.epoch,
            fenced: this.#below(3) - 1,
            inControlledShutdown: this.#below(2),
            logDirs: this.#below(3) === 0 ? [this.newId()] : [],
          }),
        ]
      case 4:
        if (broker === undefined || this.#below(3) > 0) return [metadataRecord('NoOpRecord', {})]
        return [
          metadataRecord('UnregisterBrokerRecord', {
            brokerId: broker.id,
            brokerEpoch: broker.epoch,
          }),
        ]
      case 5:
        return [this.#config()]
      case 6:
        return [
          metadataRecord('FeatureLevelRecord', {
            name: this.#pick(['metadata.version', 'group.version', 'a']) as string,
            featureLevel: this.#below(4),
          }),
        ]
      case 7:
        return [
          metadataRecord('ProducerIdsRecord', {
            brokerId: 1,
            nextProducerId: image.nextProducerId + this.#below(2_000),
          }),
        ]
      case 8:
        if (topic === undefined || this.#below(2) > 0) return this.#topic()
        return [metadataRecord('RemoveTopicRecord', { topicId: topic.id })]
      case 9:
        if (topic === undefined) return this.#topic()
        return [
          metadataRecord('TopicOwnerRecord', {
            topicId: topic.id,
            origin: this.#below(3),
            resourceUid: this.#pick([null, 'uid-1', 'uid-2']) as string | null,
          }),
        ]
      default:
        if (topic === undefined) return this.#topic()
        return [this.#partitionChange(topic.id, topic.partitions.count)]
    }
  }

  #registration(): MetadataRecord {
    const { image } = this
    return metadataRecord('RegisterBrokerRecord', {
      brokerId: this.#below(5),
      brokerEpoch: image.highestBrokerEpoch + 1 + this.#below(3),
      incarnationId: this.newId(),
      endPoints: ['internal', 'plain'].slice(this.#below(2)).map((name, index) => {
        return { name, host: `h${this.#below(9)}`, port: 9092 + index, securityProtocol: 0 }
      }),
      features: [{ name: 'metadata.version', minSupportedVersion: 7, maxSupportedVersion: 30 }],
      rack: this.#pick([null, 'a', 'b']) as string | null,
      fenced: this.#below(2) === 0,
      logDirs: [this.newId()],
    })
  }

  #config(): MetadataRecord {
    return metadataRecord('ConfigRecord', {
      resourceType: this.#pick([2, 4]) as number,
      resourceName: this.#pick(['', 't0', 't1', '1']) as string,
      name: this.#pick(['retention.ms', 'segment.bytes']) as string,
      value: this.#pick([null, '1', '2', 'ü']) as string | null,
    })
  }

  #topic(): MetadataRecord[] {
    const name = `t${this.#below(12)}`
    if (this.image.topicIds.has(name)) return [metadataRecord('NoOpRecord', {})]
    const topicId = this.newId()
    const count = 1 + this.#below(5)
    return [
      metadataRecord('TopicRecord', { name, topicId }),
      ...Array.from({ length: count }, (_, partitionId) => {
        const replicas = this.#brokerIds(4)
        return metadataRecord('PartitionRecord', {
          topicId,
          partitionId,
          replicas,
          isr: replicas.slice(this.#below(replicas.length + 1)),
          leader: replicas[0] ?? -1,
          leaderEpoch: this.#below(5),
          partitionEpoch: this.#below(5),
          leaderRecoveryState: this.#below(2),
          addingReplicas: this.#below(4) === 0 ? this.#brokerIds(2) : [],
          removingReplicas: [],
          eligibleLeaderReplicas: this.#below(4) === 0 ? this.#brokerIds(2) : null,
        })
      }),
    ]
  }

  #partitionChange(topicId: string, count: number): MetadataRecord {
    if (this.#below(8) === 0) {
      const lists = { replicas: [1], isr: [1], addingReplicas: [], removingReplicas: [] }
      return metadataRecord('PartitionRecord', { topicId, partitionId: count, leader: 1, ...lists })
    }
    const maybe = () => (this.#below(3) === 0 ? this.#brokerIds(6) : null)
    return metadataRecord('PartitionChangeRecord', {
      topicId,
      partitionId: this.#below(count),
      replicas: maybe(),
      isr: maybe(),
      leader: this.#below(5) - 2,
      addingReplicas: maybe(),
      removingReplicas: maybe(),
      eligibleLeaderReplicas: maybe(),
      lastKnownElr: maybe(),
      leaderRecoveryState: this.#below(3) - 1,
    })
  }

  #brokerIds(most: number): number[] {
    const first = this.#below(50)
    return Array.from({ length: this.#below(most + 1) }, (_, index) => (first + 7 * index) % 50)
  }

  #pick<T>(values: readonly T[]): T | undefined {
    return values[this.#below(values.length || 1)]
  }
}
