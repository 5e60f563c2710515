import { applyRecord } from '../../../broker/metadata/apply.ts'
import type { MetadataBatch } from '../../../broker/metadata/batch.ts'
import { configKey, type MetadataImage } from '../../../broker/metadata/image.ts'
import { ImageEdit, type TopicEdit } from '../../../broker/metadata/image-edit.ts'
import type { PartitionImage } from '../../../broker/metadata/partition-table.ts'
import type { MetadataRecord } from '../../../broker/metadata/records.ts'
import { configTypes } from '../../../broker/protocol/config/resource-types.ts'
import { causeOf } from './cause-of.ts'
import { changesBetween, unborn } from './changes.ts'
import type { Cause, HistoryEntry, Moment, TopicChange } from './entry.ts'
import { type Trigger, triggerOf } from './triggers.ts'

/** What is needed of a batch. They may be made from their bytes one by one. */
type Batch = Pick<MetadataBatch, 'baseOffset' | 'timestampMs' | 'controllerEpoch' | 'records'>

export type HistoryOf = {
  /** The image in front of the first batch. */
  readonly before: MetadataImage
  /** Its name. All topics that had it are told of, one after the other. */
  readonly topic: string
  /** Left out: all. What happened to the topic as a whole is told in any case. */
  readonly partition?: number
}

/**
 * What happened to a topic, the oldest first: what was decided of it, of its settings and of its
 * partitions, and why. Pure. Takes time for what is in the batches, not for what the image holds.
 *
 * @param batches Of the metadata log, without a gap.
 * @throws {MetadataError} Inconsistent, where batches and image do not go together.
 */
export function partitionHistory(batches: Iterable<Batch>, of: HistoryOf): HistoryEntry[] {
  const telling = new Telling(of)
  for (const batch of batches) telling.read(batch)
  return telling.entries
}

class Telling {
  readonly entries: HistoryEntry[] = []
  readonly #of: HistoryOf
  /** Of all that the image holds, brokers and this topic go on. */
  readonly #edit: ImageEdit
  /** Of the topic that has the name now. */
  #topicId: string | undefined
  /** What is said now is part of its creation. */
  #isBorn = false

  constructor(of: HistoryOf) {
    this.#of = of
    this.#edit = new ImageEdit(of.before)
    this.#topicId = of.before.topicIds.get(of.topic)
  }

  read({ records, baseOffset, timestampMs, controllerEpoch }: Batch): void {
    const triggers: Trigger[] = []
    this.#isBorn = false
    for (const [index, record] of records.entries()) {
      const trigger = triggerOf(record, (brokerId) => this.#edit.brokers.get(brokerId))
      if (trigger !== undefined) triggers.push(trigger)
      this.#take(record, { offset: baseOffset + index, timestampMs, controllerEpoch }, triggers)
    }
  }

  #take(record: MetadataRecord, at: Moment, triggers: readonly Trigger[]): void {
    switch (record.type) {
      case 'RegisterBrokerRecord':
      case 'UnregisterBrokerRecord':
      case 'BrokerRegistrationChangeRecord':
      case 'FenceBrokerRecord':
      case 'UnfenceBrokerRecord':
        return applyRecord(this.#edit, record)
      case 'TopicRecord':
        if (record.name !== this.#of.topic) return
        applyRecord(this.#edit, record)
        this.#topicId = record.topicId
        this.#isBorn = true
        return this.#tellOfTopic(at, { what: 'created' }, created)
      case 'RemoveTopicRecord':
        if (record.topicId !== this.#topicId) return
        applyRecord(this.#edit, record)
        this.#tellOfTopic(at, { what: 'removed' }, removed)
        this.#topicId = undefined
        return
      case 'TopicOwnerRecord': // with which its creation ends
        if (record.topicId === this.#topicId) this.#isBorn = false
        return
      case 'ConfigRecord':
        if (record.resourceType !== configTypes.topic) return
        if (record.resourceName !== this.#of.topic || this.#topicId === undefined) return
        return this.#tellOfSetting(at, record)
      case 'PartitionRecord':
        if (record.topicId !== this.#topicId) return
        applyRecord(this.#edit, record)
        return this.#tellOfPartition(at, record.partitionId, unborn, () => {
          return this.#isBorn ? created : added
        })
      case 'PartitionChangeRecord': {
        if (record.topicId !== this.#topicId) return
        const before = this.#partition(record.partitionId)
        applyRecord(this.#edit, record)
        return this.#tellOfPartition(at, record.partitionId, before, (after) => {
          return causeOf({ before, after, triggers })
        })
      }
      default:
        return // of the cluster, or of snapshots only
    }
  }

  #tellOfTopic(at: Moment, change: TopicChange, cause: Cause): void {
    const topicId = this.#topicId as string
    this.entries.push({ ...at, topicId, partition: undefined, changes: [change], cause })
  }

  #tellOfSetting(at: Moment, record: MetadataRecord<'ConfigRecord'>): void {
    const { name, value: to } = record
    const key = configKey({ type: configTypes.topic, name: this.#of.topic })
    const from = this.#edit.configs.get(key)?.values.get(name) ?? null
    applyRecord(this.#edit, record)
    const cause = this.#isBorn ? created : configured
    this.#tellOfTopic(at, { what: 'setting', name, from, to }, cause)
  }

  #tellOfPartition(
    at: Moment,
    partition: number,
    before: PartitionImage,
    why: (after: PartitionImage) => Cause,
  ): void {
    if (this.#of.partition !== undefined && this.#of.partition !== partition) return
    const after = this.#partition(partition)
    const { partitionEpoch } = after
    const topicId = this.#topicId as string
    const changes = changesBetween(before, after)
    this.entries.push({ ...at, topicId, partition, partitionEpoch, changes, cause: why(after) })
  }

  #partition(partition: number): PartitionImage {
    const { partitions } = this.#edit.topic(this.#topicId as string) as TopicEdit
    return partitions.at(partition)
  }
}

const created: Cause = { word: 'Created', sentence: 'the topic was created' }
const added: Cause = { word: 'PartitionsAdded', sentence: 'the topic was given more partitions' }
const removed: Cause = { word: 'Removed', sentence: 'the topic was removed' }
const configured: Cause = { word: 'SettingsChanged', sentence: 'its settings were changed' }
