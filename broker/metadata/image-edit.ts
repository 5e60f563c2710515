import {
  type BrokerImage,
  type ConfigImage,
  type ControllerEpoch,
  type MetadataImage,
  maxEpochs,
  maxRemovedTopics,
  type RemovedTopic,
  type TopicImage,
  type TopicOwner,
} from './image.ts'
import { MetadataError } from './metadata-error.ts'
import type { TableEdit } from './partition-table.ts'
import { MapEdit } from './persistent-map.ts'

/** A topic while records are applied to it. */
export type TopicEdit = {
  readonly id: string
  readonly name: string
  owner: TopicOwner | undefined
  readonly partitions: TableEdit
}

/** Changes to an image that become a new image together. What is not touched is shared. */
export class ImageEdit {
  clusterId: string | undefined
  nextProducerId: number
  highestBrokerEpoch: number
  readonly brokers: MapEdit<number, BrokerImage>
  readonly topicIds: MapEdit<string, string>
  readonly configs: MapEdit<string, ConfigImage>
  readonly #before: MetadataImage
  readonly #topics: MapEdit<string, TopicImage>
  readonly #topicEdits = new Map<string, TopicEdit>()
  #features: Map<string, number> | undefined
  #controllerEpochs: ControllerEpoch[] | undefined
  #removedTopics: RemovedTopic[] | undefined

  constructor(before: MetadataImage) {
    this.#before = before
    this.clusterId = before.clusterId
    this.nextProducerId = before.nextProducerId
    this.highestBrokerEpoch = before.highestBrokerEpoch
    this.brokers = new MapEdit(before.brokers)
    this.topicIds = new MapEdit(before.topicIds)
    this.configs = new MapEdit(before.configs)
    this.#topics = new MapEdit(before.topics)
  }

  get controller(): ControllerEpoch {
    return this.#controllerEpochs?.at(-1) ?? this.#before.controller
  }

  addControllerEpoch(epoch: ControllerEpoch): void {
    this.#controllerEpochs ??= [...this.#before.controllerEpochs]
    this.#controllerEpochs.push(epoch)
  }

  get features(): Map<string, number> {
    this.#features ??= new Map(this.#before.features)
    return this.#features
  }

  addTopic(topic: TopicEdit): void {
    this.#topicEdits.set(topic.id, topic)
    this.topicIds.set(topic.name, topic.id)
  }

  /** A topic to be changed. */
  topic(id: string): TopicEdit | undefined {
    const edited = this.#topicEdits.get(id)
    if (edited !== undefined) return edited
    const topic = this.#topics.get(id)
    if (topic === undefined) return undefined
    const edit = { ...topic, partitions: topic.partitions.edit() }
    this.#topicEdits.set(id, edit)
    return edit
  }

  removeTopic({ id, name }: TopicEdit): void {
    this.#topicEdits.delete(id)
    this.#topics.delete(id)
    this.topicIds.delete(name)
  }

  rememberRemoved(topic: RemovedTopic): void {
    this.#removedTopics ??= [...this.#before.removedTopics]
    this.#removedTopics.push(topic)
  }

  finish(): MetadataImage {
    for (const { partitions, ...topic } of this.#topicEdits.values()) {
      this.#topics.set(topic.id, { ...topic, partitions: partitions.finish() })
    }
    return {
      clusterId: this.clusterId,
      controller: this.controller,
      controllerEpochs: this.#controllerEpochs?.slice(-maxEpochs) ?? this.#before.controllerEpochs,
      features: this.#features ?? this.#before.features,
      brokers: this.brokers.finish(),
      topics: this.#topics.finish(),
      topicIds: this.topicIds.finish(),
      configs: this.configs.finish(),
      removedTopics: this.#removedTopics?.slice(-maxRemovedTopics) ?? this.#before.removedTopics,
      nextProducerId: this.nextProducerId,
      highestBrokerEpoch: this.highestBrokerEpoch,
    }
  }
}

/** A record that cannot follow what the image has: the log is not the one it is taken for. */
export function inconsistent(what: string): MetadataError {
  return new MetadataError('Inconsistent', what)
}
