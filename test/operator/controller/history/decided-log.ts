import { applyRecords } from '../../../../broker/metadata/apply.ts'
import { encodeBatch, type MetadataBatch } from '../../../../broker/metadata/batch.ts'
import {
  emptyImage,
  type MetadataImage,
  partitionOf,
  topicNamed,
} from '../../../../broker/metadata/image.ts'
import type { MetadataRecord } from '../../../../broker/metadata/records.ts'
import { createPartitions } from '../../../../operator/controller/decide/create-partitions.ts'
import { createTopics } from '../../../../operator/controller/decide/create-topics.ts'
import { deleteTopics } from '../../../../operator/controller/decide/delete-topics.ts'
import { electLeaders } from '../../../../operator/controller/decide/elect-leaders.ts'
import { fenceBrokers } from '../../../../operator/controller/decide/fencing.ts'
import { heartbeat } from '../../../../operator/controller/decide/heartbeat.ts'
import { incrementalAlterConfigs } from '../../../../operator/controller/decide/incremental-alter-configs.ts'
import { alterPartition } from '../../../../operator/controller/decide/partition/alter-partition.ts'
import { electFurthest } from '../../../../operator/controller/decide/partition/last-members.ts'
import { reassignPartitions } from '../../../../operator/controller/decide/reassign-partitions.ts'
import { registerBroker } from '../../../../operator/controller/decide/register-broker.ts'
import { withElections } from '../../../../operator/controller/decide/unclean-elections.ts'
import { uuid } from '../../../broker/metadata/support.ts'
import { broker, chance, clusterId, heartbeatOf, registration } from '../decide/support.ts'

/** Something that the controller decides. */
export type Decide = (image: MetadataImage, offset: number) => readonly MetadataRecord[]

const firstOffset = 500
const brokerConfig = new Map([['min.insync.replicas', '2']])
const context = { isLeaving: () => false, brokerConfig }

/** A metadata log as the controller writes it, of brokers that are there from the beginning. */
export class DecidedLog {
  readonly before: MetadataImage
  readonly batches: MetadataBatch[] = []
  image: MetadataImage
  #offset = firstOffset

  constructor(...brokerIds: number[]) {
    this.before = applyRecords(
      emptyImage,
      brokerIds.flatMap((id) => broker(id, { logDirs: [uuid(2_000 + id)] })),
    )
    this.image = this.before
  }

  /** What was decided while an append was under way goes into the next, together. */
  append(...decisions: Decide[]): void {
    const all: MetadataRecord[] = []
    for (const decide of decisions) {
      const records = decide(this.image, this.#offset + all.length)
      this.image = applyRecords(this.image, records)
      all.push(...records)
    }
    if (all.length === 0) return
    const timestampMs = 1_700_000_000_000 + this.#offset
    const about = { baseOffset: this.#offset, controllerEpoch: 4, timestampMs }
    this.batches.push(encodeBatch(all, about))
    this.#offset += all.length
  }
}

export const create =
  (name: string, replicas: number[][], configs: [name: string, value: string][] = []): Decide =>
  (image, offset) => {
    const assignments = replicas.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds }))
    const topic = { name, numPartitions: -1, replicationFactor: -1, assignments }
    const own = configs.map(([name, value]) => ({ name, value }))
    const request = { topics: [{ ...topic, configs: own }], validateOnly: false }
    const owner = { origin: 'protocol', resourceUid: null } as const
    return createTopics(image, request, { ...context, random: chance(offset), owner }).records
  }

export const addPartitions =
  (name: string, replicas: number[][]): Decide =>
  (image, offset) => {
    const count = (topicNamed(image, name)?.partitions.count ?? 0) + replicas.length
    const assignments = replicas.map((brokerIds) => ({ brokerIds }))
    const request = { topics: [{ name, count, assignments }], validateOnly: false }
    return createPartitions(image, request, { ...context, random: chance(offset), by: 'protocol' })
      .records
  }

export const remove =
  (name: string): Decide =>
  (image) => {
    const request = { topics: [], topicNames: [name] }
    return deleteTopics(image, request, { by: 'protocol', brokerConfig }).records
  }

/** @param value Null takes it back. */
export const set =
  (topic: string, name: string, value: string | null): Decide =>
  (image) => {
    const configs = [{ name, configOperation: value === null ? 1 : 0, value }]
    const resources = [{ resourceType: 2, resourceName: topic, configs }]
    const request = { resources, validateOnly: false }
    const decided = incrementalAlterConfigs(image, request, 'protocol', brokerConfig)
    return withElections(image, decided, brokerConfig).records
  }

export const fence =
  (...brokerIds: number[]): Decide =>
  (image) => {
    const gone = brokerIds.map((brokerId) => {
      return { brokerId, incarnationId: image.brokers.get(brokerId)?.incarnationId ?? '' }
    })
    return fenceBrokers(image, gone, brokerConfig)
  }

/** It says that it is there, or that it wants to stop. */
export const beat =
  (brokerId: number, { wantShutDown = false } = {}): Decide =>
  (image) => {
    const epoch = image.brokers.get(brokerId)?.epoch ?? -1
    const request = heartbeatOf({ id: brokerId, epoch }, { wantShutDown })
    return heartbeat(image, request, { registeredAt: 0, brokerConfig }).records
  }

/** It comes as another process: with all that it had, without what was not flushed, or with nothing. */
export const restart =
  (brokerId: number, has: 'all' | 'flushed' | 'nothing' = 'all'): Decide =>
  (image, nextOffset) => {
    const before = image.brokers.get(brokerId)?.directoryIds ?? []
    const own = registration(brokerId, {
      incarnationId: uuid(10_000 + nextOffset),
      logDirs: has === 'nothing' ? [uuid(20_000 + nextOffset)] : [...before],
    })
    const request = { ...own, metadataPosition: null, isCacheKept: has === 'all' }
    const about = { clusterId, nextOffset, isAlive: false, rack: null, brokerConfig }
    return registerBroker(image, request, about).records
  }

/** The leader says who is in sync. */
export const inSync =
  (topic: string, partitionIndex: number, isr: number[]): Decide =>
  (image) => {
    const topicId = topicNamed(image, topic)?.id ?? ''
    const partition = partitionOf(image, { topicId, partition: partitionIndex })
    if (partition === undefined) return []
    const { leader: brokerId, leaderEpoch, partitionEpoch } = partition
    const epochOf = (id: number) => image.brokers.get(id)?.epoch ?? -1
    const asked = { partitionIndex, leaderEpoch, partitionEpoch, leaderRecoveryState: 0 }
    const members = isr.map((id) => ({ brokerId: id, brokerEpoch: epochOf(id) }))
    const partitions = [{ ...asked, newIsr: [], newIsrWithEpochs: members }]
    const request = { brokerId, brokerEpoch: epochOf(brokerId), topics: [{ topicId, partitions }] }
    return brokerId < 0 ? [] : alterPartition(image, request, brokerConfig).records
  }

export const elect =
  (election: 'preferred' | 'unclean', topic: string, partition: number): Decide =>
  (image) => {
    const topicPartitions = [{ topic, partitions: [partition] }]
    const electionType = election === 'preferred' ? 0 : 1
    return electLeaders(image, { electionType, topicPartitions }, brokerConfig).records
  }

/** All who were in sync last have said where their logs end: all at the same place. */
export const electLongest =
  (topic: string, partition: number): Decide =>
  (image) => {
    const at = { topicId: topicNamed(image, topic)?.id ?? '', partition }
    const leaderEpoch = partitionOf(image, at)?.leaderEpoch ?? -1
    const endOf = () => ({ leaderEpoch, lastEpoch: 0, endOffset: 10 })
    return electFurthest(image, [at], { endOf, brokerConfig })
  }

/** @param replicas Null takes it back. */
export const move =
  (name: string, partitionIndex: number, replicas: number[] | null): Decide =>
  (image) => {
    const topics = [{ name, partitions: [{ partitionIndex, replicas }] }]
    const request = { allowReplicationFactorChange: true, topics }
    return reassignPartitions(image, request, context).records
  }
