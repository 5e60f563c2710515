import { configOf, type MetadataImage, type TopicImage } from '../../broker/metadata/image.ts'
import { configTypes } from '../../broker/protocol/config/resource-types.ts'
import { isSame } from '../../lib/is-same.ts'
import { shortHash } from '../../lib/short-hash.ts'
import { apiVersion } from '../api/group.ts'
import type { Topic, TopicInput } from '../api/topic/topic.ts'
import { targetOf } from '../controller/decide/partition/reassignment.ts'

/** Of a Topic resource that shows a topic which was made over Kafka's protocol. */
const originLabel = 'kavka.dev/origin'
const originKafka = 'kafka'
/** What such a resource said when it was written: whether somebody has edited it since. */
const mirroredAnnotation = 'kavka.dev/mirrored'
/** Of a mirror that an operator is about to delete, since it knows no topic that it shows. */
const goneAnnotation = 'kavka.dev/topic-gone'

/** The resource as the topic is now. */
export type Mirror = Omit<TopicInput, 'metadata'> & {
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    readonly labels: Readonly<Record<string, string>>
    readonly annotations: Readonly<Record<string, string>>
  }
}

export type MirrorPlan =
  | { readonly type: 'nothing' }
  /** The topic has no resource yet. */
  | { readonly type: 'create'; readonly mirror: Mirror }
  /** Its resource is there, and not in the metadata log yet. */
  | { readonly type: 'record'; readonly uid: string }
  /** The topic was changed over the protocol. */
  | { readonly type: 'update'; readonly mirror: Mirror }

/**
 * What is to be done for a topic that was made over the protocol, so that it is seen as a Topic. One
 * whose resource is in the log and not there was deleted, or nobody knows: it gets no other.
 *
 * @param topic As the metadata log has it.
 * @param name Which its resource has, or is to have.
 * @param found The resource of that name.
 */
export function planMirror(
  image: MetadataImage,
  topic: TopicImage,
  { cluster, name, found }: { cluster: ClusterPlace; name: string; found: Topic | undefined },
): MirrorPlan {
  const { owner } = topic
  if (owner?.origin !== 'protocol') return nothing
  const mirror = mirrorOf(image, topic, { cluster, name })
  if (found === undefined) {
    return owner.resourceUid === null ? { type: 'create', mirror } : nothing
  }
  const { uid } = found.metadata
  if (!isMirror(found, cluster.uid) || uid === undefined) return nothing // somebody's own: see `planTopic`
  if (owner.resourceUid !== uid) return { type: 'record', uid }
  return isSame(specOf(found), specOf(mirror)) ? nothing : { type: 'update', mirror }
}

const nothing: MirrorPlan = { type: 'nothing' }

/** Where topics are shown, and the uid of the KafkaCluster. */
export type ClusterPlace = {
  readonly name: string
  readonly namespace: string
  readonly uid: string
}

/**
 * Whether a resource only shows a topic of a cluster: once somebody edits it, or applies what it said in
 * another place, it says what is wanted.
 */
export function isMirror({ metadata, spec }: Topic, clusterUid: string): boolean {
  const written = metadata.annotations?.[mirroredAnnotation]
  return (
    metadata.labels?.[originLabel] === originKafka &&
    written === hashOf(specOf({ spec }), clusterUid)
  )
}

/**
 * Says of a mirror that it is deleted since its topic is gone. Nothing keeps an operator that stood
 * still from acting on an old image: whoever sees the deletion has to know that nobody meant the topic.
 */
export const goneMark = { annotations: { [goneAnnotation]: 'true' } }
export const noGoneMark = { annotations: { [goneAnnotation]: null } }

/** Whether it is an operator that deleted it. */
export function isMarkedGone({ metadata }: Topic): boolean {
  return metadata.annotations?.[goneAnnotation] === 'true'
}

function mirrorOf(
  image: MetadataImage,
  topic: TopicImage,
  { cluster, name }: { cluster: ClusterPlace; name: string },
): Mirror {
  const spec = {
    clusterRef: { name: cluster.name },
    ...(name === topic.name ? {} : { topicName: topic.name }),
    partitions: topic.partitions.count,
    replicationFactor: targetOf(topic.partitions.at(0)).length,
    config: Object.fromEntries(configOf(image, { type: configTypes.topic, name: topic.name })),
  }
  return {
    apiVersion,
    kind: 'Topic',
    metadata: {
      name,
      namespace: cluster.namespace,
      labels: { [originLabel]: originKafka },
      annotations: { [mirroredAnnotation]: hashOf(specOf({ spec }), cluster.uid) },
    },
    spec,
  }
}

/** What a mirror says: with it, and with what it was when it was written, an edit shows. */
function specOf({ spec }: { spec: TopicInput['spec'] }) {
  const { partitions, replicationFactor, config = {}, deletionPolicy = 'Delete' } = spec
  const sorted = Object.entries(config).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return { partitions, replicationFactor, config: sorted, deletionPolicy }
}

function hashOf(spec: ReturnType<typeof specOf>, clusterUid: string): string {
  return shortHash(JSON.stringify([spec, clusterUid]))
}
