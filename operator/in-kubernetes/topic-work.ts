import { type TopicImage, topicNamed } from '../../broker/metadata/image.ts'
import { KafkaError } from '../../broker/protocol/errors.ts'
import type { Clock } from '../../lib/clock.ts'
import { KafkaCluster } from '../api/kafka-cluster/kafka-cluster.ts'
import { clusterKeyOf } from '../api/topic/cluster-key.ts'
import { Topic } from '../api/topic/topic.ts'
import { topicNameOf } from '../api/topic/topic-name.ts'
import type { Readiness } from '../condition.ts'
import { valueOf, valueUnless } from '../kube/api/requests/answer.ts'
import type { KubeClient } from '../kube/api/requests/kube-client.ts'
import { ReconcileError } from '../reconcile-error.ts'
import { refuseNotYet } from '../refuse-not-yet.ts'
import { allowMassDeletion, isMassDeletion } from '../topic/mass-deletion.ts'
import { mirrorNames } from '../topic/mirror-name.ts'
import { goneMark, isMarkedGone, isMirror, noGoneMark, planMirror } from '../topic/plan-mirror.ts'
import { reconcileTopic, releaseTopic } from '../topic/reconcile-topic.ts'
import { topicReadiness } from '../topic/topic-readiness.ts'
import { topicResourceStatus } from '../topic/topic-resource-status.ts'
import { isGoingAway } from './going-away.ts'
import type { Happenings } from './happenings.ts'
import { read, topicKey } from './keys.ts'
import type { KubeCluster } from './kube-cluster.ts'
import type { Found, WatchedObjects } from './watched-objects.ts'

export type TopicWorkOptions = {
  readonly client: KubeClient
  readonly watched: WatchedObjects
  readonly happenings: Happenings
  readonly clock: Clock
  /** Whether nobody else does, as of now. */
  readonly mayAct: () => boolean
  /** @param name `namespace/name` */
  readonly clusterNamed: (name: string) => KubeCluster | undefined
  /** Has a key of the queue worked on. */
  readonly ask: (key: string) => void
}

type TopicPlace = {
  readonly namespace: string
  readonly clusterName: string
  readonly topicName: string
}

/** What is done for topics and the resources that state or show them. */
export class TopicWork {
  readonly #options: TopicWorkOptions
  /** By uid, those that were deleted and whose topics are to follow. */
  readonly #deleted = new Map<string, Topic>()

  constructor(options: TopicWorkOptions) {
    this.#options = options
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
    if (made !== undefined && isMarkedGone(topic)) await this.#unmark(found)
    if (isMirror(topic, cluster.uid)) {
      if (made !== undefined) return this.#mirrored(topic, made)
      await this.#topicGone(found, topic, cluster)
      return undefined
    }
    refuseNotYet([], [topic])
    if (!cluster.isComplete) {
      throw new ReconcileError('WaitingForBrokers', 'not all brokers are there yet')
    }
    const reconciled = await reconcileTopic(topic, found.metadata.uid, {
      control: cluster.controller,
      isTaken: (other) => watched.isThere(other),
      did: (what) => happenings.topic(topic, 'Reconciled', `topic ${what}`),
    })
    return topicReadiness(reconciled)
  }

  /**
   * Shows a topic that a client made, or has changed.
   *
   * @param path `<namespace>/<cluster>/<topic>`
   * @throws {KafkaError} {KubeError}
   */
  async mirror(path: string): Promise<void> {
    const { client, clusterNamed, ask } = this.#options
    const [namespace = '', clusterName = '', topicName = ''] = path.split('/')
    const cluster = clusterNamed(`${namespace}/${clusterName}`)
    const image = cluster?.image
    if (cluster === undefined || image === undefined) return
    const topic = topicNamed(image, topicName)
    const held = this.#mirrorPlace({ namespace, clusterName, topicName })
    if (held === undefined) return // others have all names that it could have
    const { name, found } = held
    if (topic === undefined) {
      if (found !== undefined) ask(topicKey(found))
      return
    }
    const place = { name: clusterName, namespace, uid: cluster.uid }
    const plan = planMirror(image, topic, { cluster: place, name, found })
    if (plan.type === 'record') {
      await cluster.controller.mirrorTopic({ topicId: topic.id, resourceUid: plan.uid })
    } else if (plan.type !== 'nothing') {
      const options = { metadataOnly: true }
      const answer = await client.apply(Topic, { namespace, name }, plan.mirror, options)
      const { uid } = valueOf(answer).metadata
      await cluster.controller.mirrorTopic({ topicId: topic.id, resourceUid: uid })
    }
  }

  /** The resource that shows a topic, or the name that it is to have. */
  #mirrorPlace({ namespace, clusterName, topicName }: TopicPlace) {
    const places = mirrorNames(topicName, clusterName).map((name) => {
      const object = this.#options.watched.topic(`${namespace}/${name}`)
      return { name, found: object && read(Topic, object) }
    })
    const clusterKey = `${namespace}/${clusterName}`
    const isOwn = (found: Topic | undefined) => {
      if (found === undefined) return false
      return clusterKeyOf(found) === clusterKey && topicNameOf(found) === topicName
    }
    return (
      places.find(({ found }) => isOwn(found)) ?? places.find(({ found }) => found === undefined)
    )
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
      if (isMarkedGone(topic)) await showAgain(topic, uid, cluster)
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

  /** Of a resource that only shows a topic. */
  #mirrored(topic: Topic, made: TopicImage): Readiness {
    this.#options.ask(`Mirror/${clusterKeyOf(topic)}/${made.name}`)
    return made.owner?.origin === 'protocol' ? topicReadiness(made) : conflict
  }

  /** When what it shows is gone, so is a resource that only shows it. */
  async #topicGone(resource: Found<object>, topic: Topic, { resource: cluster }: KubeCluster) {
    const isDone = await this.#deleteMirror(resource)
    const note = `a client deleted topic ${topicNameOf(topic)}, and so the Topic that showed it is deleted`
    if (isDone) this.#options.happenings.cluster(cluster, 'TopicDeleted', note)
  }

  /**
   * @returns Whether it was as it is known here; if not, another one is told.
   * @throws {KafkaError} NOT_CONTROLLER: another may act, and know a topic that is not known here.
   */
  async #deleteMirror({ metadata }: Found<object>): Promise<boolean> {
    const { client, mayAct } = this.#options
    if (!mayAct()) {
      throw new KafkaError('NOT_CONTROLLER', 'the Lease was not renewed: another may act already')
    }
    const { namespace, name, uid, resourceVersion } = metadata
    const place = { namespace, name }
    const mark = { metadata: { uid, resourceVersion, ...goneMark } }
    const marking = await client.mergePatch(Topic, place, mark, { metadataOnly: true })
    const marked = valueUnless(marking, 'not-found', 'conflict')
    if (marked === undefined) return false
    // Whoever knows the topic takes the mark away: then it is not to be deleted.
    const version = { uid, resourceVersion: marked.metadata.resourceVersion }
    const deleting = await client.delete(Topic, place, version)
    valueUnless(deleting, 'not-found', 'conflict')
    return deleting.ok
  }

  /** An operator that knew less was about to delete it. */
  async #unmark({ metadata }: Found<object>): Promise<void> {
    const { namespace, name, uid } = metadata
    const patch = { metadata: { uid, ...noGoneMark } }
    const answer = await this.#options.client.mergePatch(Topic, { namespace, name }, patch, {
      metadataOnly: true,
    })
    valueUnless(answer, 'not-found', 'conflict')
  }
}

/** The topic that an operator did not know of, if it is there, gets another resource. */
async function showAgain(topic: Topic, uid: string, { controller }: KubeCluster): Promise<void> {
  const found = topicNamed(controller.image, topicNameOf(topic))
  if (found !== undefined) await controller.forgetMirror({ topicId: found.id, resourceUid: uid })
}

function isGone(cluster: Found<KafkaCluster> | undefined): cluster is undefined {
  return cluster === undefined || cluster.metadata.deletionTimestamp !== undefined
}

const conflict: Readiness = {
  status: 'False',
  reason: 'Conflict',
  message: "the topic is another resource's: this one may be deleted",
}
