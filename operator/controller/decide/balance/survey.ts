import type { MetadataImage } from '../../../../broker/metadata/image.ts'
import type { PartitionImage } from '../../../../broker/metadata/partition-table.ts'
import { noLeader } from '../partition/elect.ts'
import { isMoving } from '../partition/reassignment.ts'
import { type IsLeaving, type Place, usableBrokers } from '../placement.ts'
import type { WhyStays } from './plan.ts'

/** What there is to be balanced. Whoever works on it names brokers and partitions by their index in here. */
export type Survey = {
  /** Those that may be given replicas come first; each part by rising id. */
  readonly brokers: readonly SurveyedBroker[]
  /** How many may be given replicas. The others keep what they have (they are fenced), or leave. */
  readonly usable: number
  /** By name of topic, then by number. */
  readonly partitions: readonly SurveyedPartition[]
  /**
   * Which of them may be moved: by topic, and of each in an order that says nothing. By number those that
   * `place` put in the same rack come close together, and who looks for some would find no others.
   */
  readonly movable: readonly number[]
  readonly topics: number
}

export type SurveyedBroker = Place & {
  /** Or not registered: no partition may be sent there. */
  readonly isLeaving: boolean
}

export type SurveyedPartition = {
  /** Which of the topics, from 0 on. */
  readonly topic: number
  readonly topicId: string
  readonly name: string
  readonly partition: number
  /** Ids; of one that moves already those it will have. */
  readonly replicas: readonly number[]
  /** Why it is left as it is; undefined: it may be moved. */
  readonly stays: WhyStays | undefined
}

export function surveyOf(image: MetadataImage, isLeaving: IsLeaving): Survey {
  const usable = usableBrokers(image, isLeaving)
  const isUsable = new Set(usable.map(({ id }) => id))
  const leaves = (id: number) => !image.brokers.has(id) || isLeaving(id)
  const named = new Set(image.brokers.keys())
  const topics = [...image.topics.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  const partitions = topics.flatMap(({ id: topicId, name, partitions }, topic) => {
    return Array.from({ length: partitions.count }, (_, partition): SurveyedPartition => {
      const image = partitions.at(partition)
      const replicas = targetOf(image)
      for (const id of replicas) named.add(id)
      const stays = whyStays(image, replicas)
      return { topic, topicId, name, partition, replicas, stays }
    })
  })
  const others = [...named].filter((id) => !isUsable.has(id)).sort((a, b) => a - b)
  const brokers = [
    ...usable.map((place) => ({ ...place, isLeaving: false })),
    ...others.map((id) => ({
      id,
      rack: image.brokers.get(id)?.rack ?? null,
      isLeaving: leaves(id),
    })),
  ]
  const movable = [...partitions.keys()]
    .filter((at) => partitions[at]?.stays === undefined)
    .sort((a, b) => topicAt(a) - topicAt(b) || mixed(a) - mixed(b))
  return { brokers, usable: usable.length, partitions, movable, topics: topics.length }

  function topicAt(at: number): number {
    return partitions[at]?.topic as number
  }

  function whyStays(image: PartitionImage, replicas: readonly number[]): WhyStays | undefined {
    if (isMoving(image)) return 'Moving'
    if (image.leader === noLeader) return 'NoLeader'
    // One that could leave some of its brokers, and not all, would be refused: none may be about to leave.
    let room = usable.length
    for (const id of replicas) {
      if (isUsable.has(id)) room--
      else if (leaves(id)) room--
    }
    return room < 0 && replicas.some(leaves) ? 'TooFewBrokers' : undefined
  }
}

/** While a partition is moved `replicas` has the old ones and the new ones: see `movedTo`. */
function targetOf({ replicas, removingReplicas }: PartitionImage): readonly number[] {
  if (removingReplicas.length === 0) return replicas
  return replicas.filter((id) => !removingReplicas.includes(id))
}

/** Numbers that follow each other are far apart (the golden ratio, as in Knuth's multiplicative hashing). */
function mixed(number: number): number {
  return Math.imul(number, 0x9e3779b1) >>> 0
}
