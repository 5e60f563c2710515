import { topicNamed } from '../../broker/metadata/image.ts'
import type { Clock } from '../../lib/clock.ts'
import { KafkaCluster } from '../api/kafka-cluster/kafka-cluster.ts'
import { clusterKeyOf } from '../api/topic/cluster-key.ts'
import { Topic } from '../api/topic/topic.ts'
import { topicNameOf } from '../api/topic/topic-name.ts'
import type { Readiness } from '../condition.ts'
import { ReconcileError } from '../reconcile-error.ts'
import { allowMassDeletion, isMassDeletion } from '../topic/mass-deletion.ts'
import { isMarkedGone, isMirror } from '../topic/plan-mirror.ts'
import { reconcileTopic, releaseTopic } from '../topic/reconcile-topic.ts'
import { topicReadiness } from '../topic/topic-readiness.ts'
import { topicResourceStatus } from '../topic/topic-resource-status.ts'
import { isGoingAway } from './going-away.ts'
import { read } from './keys.ts'
import type { KubeCluster } from './kube-cluster.ts'
import { TopicMirrors, type TopicMirrorsOptions } from './topic-mirrors.ts'
import type { Found } from './watched-objects.ts'

export type TopicWorkOptions = TopicMirrorsOptions & { readonly clock: Clock }

/** What is done for topics and the resources that state them. */
export class TopicWork {
  /** Resources that only show topics. */
  readonly mirrors: TopicMirrors
  readonly #options: TopicWorkOptions
  /** By uid, those that were deleted and whose topics are to follow. */
  readonly #deleted = new Map<string, Topic>()

  constructor(options: TopicWorkOptions) {
    this.#options = options
    this.mirrors = new TopicMirrors(options)
  }

  /**
   * Brings a topic to what its resource says.
   *
   * @param name `namespace/name` of the resource.
   * @returns How it is; undefined where there is nothing to tell.
   * @throws {ReconcileError} {KafkaError} {KubeError}
   */
  async reconcile(name: string): Promise<Readiness | undefined> {
    const { watched, happenings } = this.#options
    const found = watched.topic(name)
    if (found === undefined || found.metadata.deletionTimestamp !== undefined) return undefined
    const topic = read(Topic, found)
    const cluster = this.#clusterOf(topic)
    const image = cluster?.image
    // All its topics are asked for again once its log was read: nothing is told until then.
    if (cluster === undefined || image === undefined) return undefined
    const made = topicNamed(image, topicNameOf(topic))
    if (made !== undefined && isMarkedGone(topic)) await this.mirrors.keep(found)
    if (isMirror(topic, cluster.uid)) {
      if (made !== undefined)
        return this.mirrors.readiness(topic, made, { image, resource: cluster.resource })
      await this.mirrors.remove(found, topic, cluster)
      return undefined
    }
    if (!cluster.isComplete) {
      throw new ReconcileError('WaitingForBrokers', 'not all brokers are there yet')
    }
    const reconciled = await reconcileTopic(topic, found.metadata.uid, {
      control: cluster.controller,
      isTaken: (other) => watched.isThere(other),
      brokers: cluster.resource.spec.brokers.replicas,
      did: (what) => happenings.topic(topic, 'Reconciled', `topic ${what}`),
    })
    return topicReadiness(reconciled, { image, resource: cluster.resource })
  }

  /** Resources of a cluster were seen to be deleted, all at the same time. */
  deleted(clusterName: string, seen: readonly Topic[]): void {
    const { watched, happenings } = this.#options
    const resource = watched.cluster(clusterName)
    if (isGone(resource)) return
    const byOperators = seen.filter((topic) => isMarkedGone(topic))
    const byOthers = seen.filter((topic) => !isMarkedGone(topic))
    this.#toBeReleased(byOperators)
    const vanished = byOthers.length
    const total = [...watched.topicsOf(clusterName)].length + vanished
    const isMeant = resource.metadata.annotations?.[allowMassDeletion] === 'true'
    if (isMeant || !isMassDeletion({ vanished, total })) return this.#toBeReleased(byOthers)
    const help = `annotate the KafkaCluster with ${allowMassDeletion}=true before, if that is meant`
    const note = `${vanished} of ${total} topics are deleted at once, and their data is kept: ${help}`
    happenings.cluster(read(KafkaCluster, resource), 'MassDeletion', note)
  }

  #toBeReleased(topics: readonly Topic[]): void {
    for (const topic of topics) {
      const { uid = '' } = topic.metadata
      this.#deleted.set(uid, topic)
      this.#options.ask(`Deleted/${uid}`)
    }
  }

  /**
   * What a resource leaves behind that was deleted. What goes together with its cluster, or with what
   * holds all topics, is kept; and what an operator deleted only since it knew no topic.
   *
   * @throws {KafkaError} {KubeError}
   */
  async release(uid: string): Promise<void> {
    const topic = this.#deleted.get(uid)
    if (topic === undefined) return
    const { client, watched, clusterNamed } = this.#options
    const clusterName = clusterKeyOf(topic)
    const cluster = clusterNamed(clusterName)
    const isKept =
      isGone(watched.cluster(clusterName)) || (await isGoingAway(client, topic.metadata.namespace))
    if (cluster !== undefined && !isKept) {
      if (isMarkedGone(topic)) await this.mirrors.showAgain(topic, uid, cluster)
      else await this.#release(topic, uid, cluster)
    }
    this.#deleted.delete(uid)
  }

  async #release(topic: Topic, uid: string, cluster: KubeCluster): Promise<void> {
    const { happenings } = this.#options
    const { resource, controller: control } = cluster
    const isProtected = resource.spec.topics.deletionProtection
    const outcome = await releaseTopic(topic, uid, { control, isProtected })
    const name = topicNameOf(topic)
    if (outcome === 'deleted') {
      happenings.cluster(resource, 'TopicDeleted', `topic ${name} and its data are deleted`)
    } else if (outcome === 'kept') {
      const note = `topic ${name} has no Topic any more, and is kept with its data`
      happenings.cluster(resource, 'TopicKept', note)
    }
  }

  /** What the status of a resource is to say; undefined where it is gone. */
  status(name: string, readiness: Readiness): { topic: Topic; status: object } | undefined {
    const { watched, clock, clusterNamed } = this.#options
    const found = watched.topic(name)
    if (found === undefined) return undefined
    const topic = read(Topic, found)
    const image = clusterNamed(clusterKeyOf(topic))?.image
    const made = image && topicNamed(image, topicNameOf(topic))
    const own = made?.owner?.resourceUid === found.metadata.uid ? made : undefined
    return { topic, status: topicResourceStatus(topic, own, { readiness, nowMs: clock.nowMs() }) }
  }

  /** @returns Undefined where it is not known yet. @throws {ReconcileError} There is none. */
  #clusterOf(topic: Topic): KubeCluster | undefined {
    const { clusterNamed, watched } = this.#options
    const clusterName = clusterKeyOf(topic)
    if (!isGone(watched.cluster(clusterName))) return clusterNamed(clusterName)
    const { name } = topic.spec.clusterRef
    throw new ReconcileError('ClusterNotFound', `there is no KafkaCluster ${name}`)
  }
}

function isGone(cluster: Found<KafkaCluster> | undefined): cluster is undefined {
  return cluster === undefined || cluster.metadata.deletionTimestamp !== undefined
}
