import { topicNamed } from '../../broker/metadata/image.ts'
import type { ImageChanges } from '../../broker/metadata/image-changes.ts'
import { MetadataError } from '../../broker/metadata/metadata-error.ts'
import { NetworkError } from '../../broker/net/network-error.ts'
import { KafkaError } from '../../broker/protocol/errors.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Logger } from '../../lib/logger.ts'
import { StorageError } from '../../lib/storage-error.ts'
import { KafkaCluster } from '../api/kafka-cluster/kafka-cluster.ts'
import { checkNotYet } from '../api/not-yet.ts'
import { type Resource, type ResourceOf, readResource } from '../api/schema/resource.ts'
import { Topic } from '../api/topic/topic.ts'
import { topicNameOf } from '../api/topic/topic-name.ts'
import type { Readiness } from '../condition.ts'
import type { KubeApi } from '../kube/api/kube-api.ts'
import { KubeError, valueOf } from '../kube/api/requests/answer.ts'
import { ReconcileError } from '../reconcile-error.ts'
import { allowMassDeletion, isMassDeletion } from '../topic/mass-deletion.ts'
import { isMirror, type Mirror, mirrorName, planMirror } from '../topic/plan-mirror.ts'
import { reconcileTopic, releaseTopic } from '../topic/reconcile-topic.ts'
import { topicReadiness } from '../topic/topic-readiness.ts'
import { topicResourceStatus } from '../topic/topic-resource-status.ts'
import { WorkQueue } from '../work-queue.ts'
import { Deletions } from './deletions.ts'
import { isGoingAway } from './going-away.ts'
import type { Happenings } from './happenings.ts'
import type { KubeCluster } from './kube-cluster.ts'
import { Statuses } from './statuses.ts'
import type { WatchedObjects } from './watched-objects.ts'

export type ActiveOperatorOptions = {
  readonly kube: KubeApi
  readonly watched: WatchedObjects
  readonly happenings: Happenings
  readonly makeCluster: (
    resource: KafkaCluster,
    hooks: {
      readonly onImage: (changes: ImageChanges) => void
      readonly onChange: () => void
    },
  ) => KubeCluster
  readonly clock: Clock
  readonly logger: Logger
  readonly onFatal: (error: unknown) => void
}

/** Everything that the operator does while it is the active one. */
export class ActiveOperator {
  readonly #options: ActiveOperatorOptions
  /** By `namespace/name`. */
  readonly #clusters = new Map<string, KubeCluster>()
  readonly #work: WorkQueue
  /** Beside the work: it never waits for a status. */
  readonly #statusWork: WorkQueue
  readonly #statuses: Statuses
  readonly #deletions: Deletions
  /** By key, what the last reconciliation has come to. */
  readonly #readiness = new Map<string, Readiness>()
  /** By uid, topics that are to be released. */
  readonly #released = new Map<string, Topic>()

  constructor(options: ActiveOperatorOptions) {
    const { clock, kube, watched } = options
    this.#options = options
    this.#statuses = new Statuses(kube.status)
    this.#deletions = new Deletions(clock, (key, topics) => this.#settled(key, topics))
    this.#work = new WorkQueue({
      clock,
      concurrency: workAtOnce,
      work: (key) => this.#reconcile(key),
      failed: (key, error) => this.#failed(key, error),
    })
    this.#statusWork = new WorkQueue({
      clock,
      concurrency: statusesAtOnce,
      work: (key) => this.#writeStatus(key),
      failed: (key, error) => this.#statusFailed(key, error),
    })
    watched.follow({
      cluster: (event) => {
        if (event.type !== 'applied') this.#statuses.forget(event.object.metadata.uid)
        this.#work.add(clusterKey(event.object))
      },
      topic: (event) => {
        const { metadata } = event.object
        if (event.type === 'deleted') this.#deleted(read(Topic, event.object))
        if (event.type !== 'applied') {
          this.#statuses.forget(metadata.uid)
          this.#readiness.delete(topicKey(metadata))
        } else this.#work.add(topicKey(metadata))
      },
      objectOf: (key) => this.#work.add(`KafkaCluster/${key}`),
    })
    for (const cluster of watched.clusters()) this.#work.add(clusterKey(cluster))
    for (const { metadata } of watched.topics()) this.#work.add(topicKey(metadata))
  }

  get clusters(): Iterable<KubeCluster> {
    return this.#clusters.values()
  }

  /** Lets go of everything; nothing of it is stopped. */
  async close(): Promise<void> {
    this.#options.watched.follow(undefined)
    this.#deletions.close()
    await Promise.all([this.#work.close(), this.#statusWork.close()])
    await Promise.all(Array.from(this.#clusters.values(), (cluster) => cluster.close()))
  }

  async #reconcile(key: string): Promise<void> {
    const [kind, ...rest] = key.split('/')
    const name = rest.join('/')
    if (kind === 'KafkaCluster') await this.#reconcileCluster(name)
    else if (kind === 'Topic') await this.#reconcileTopic(name)
    else if (kind === 'Mirror') await this.#mirror(name)
    else await this.#release(name)
  }

  async #reconcileCluster(name: string): Promise<void> {
    const key = `KafkaCluster/${name}`
    const found = this.#options.watched.cluster(name)
    const known = this.#clusters.get(name)
    if (known !== undefined && known.uid !== found?.metadata.uid) {
      this.#clusters.delete(name)
      this.#readiness.delete(key)
      for (const { metadata } of this.#options.watched.topicsOf(name)) {
        this.#work.add(topicKey(metadata))
      }
      await known.close()
    }
    // Kubernetes deletes what belongs to it.
    if (found === undefined || found.metadata.deletionTimestamp !== undefined) return
    const resource = read(KafkaCluster, found)
    let cluster = this.#clusters.get(name)
    if (cluster === undefined) {
      cluster = this.#options.makeCluster(resource, {
        onImage: (changes) => this.#imageChanged(name, changes),
        onChange: () => this.#statusWork.add(key),
      })
      this.#clusters.set(name, cluster)
    }
    const wasThere = cluster.image !== undefined
    await cluster.reconcile(resource)
    this.#readiness.delete(key)
    this.#statusWork.add(key)
    if (!wasThere) this.#begin(name, cluster)
  }

  /** Its metadata log is there for the first time: whatever is in it, and whatever waits for it. */
  #begin(name: string, cluster: KubeCluster): void {
    for (const topic of this.#options.watched.topicsOf(name)) {
      this.#work.add(topicKey(topic.metadata))
    }
    for (const topic of cluster.image?.topics.values() ?? []) {
      this.#work.add(`Mirror/${name}/${topic.name}`)
    }
  }

  #imageChanged(name: string, { topics, brokers, configs }: ImageChanges): void {
    const changed = topics.map((change) => (change.after ?? change.before)?.name ?? '')
    for (const topic of new Set([...changed, ...configs.map((config) => config.name)])) {
      this.#work.add(`Mirror/${name}/${topic}`)
      for (const { metadata } of this.#options.watched.topicsCalled(name, topic)) {
        this.#work.add(topicKey(metadata))
      }
    }
    if (brokers.length > 0) {
      this.#work.add(`KafkaCluster/${name}`)
      this.#work.retryFailed()
    }
    this.#statusWork.add(`KafkaCluster/${name}`)
  }

  async #reconcileTopic(name: string): Promise<void> {
    const key = `Topic/${name}`
    const { watched } = this.#options
    const found = watched.topic(name)
    if (found === undefined || found.metadata.deletionTimestamp !== undefined) return
    const topic = read(Topic, found)
    const { uid } = found.metadata
    const cluster = this.#clusterOf(topic)
    if (isMirror(topic)) return this.#keepMirror(topic, cluster)
    const [notYet] = checkNotYet([], [topic])
    if (notYet !== undefined) {
      const { reason, field, message } = notYet.problem
      throw new ReconcileError(reason, `${field}: ${message}`)
    }
    if (!cluster.isComplete) {
      throw new ReconcileError('WaitingForBrokers', 'not all brokers are there yet')
    }
    const made = await reconcileTopic(topic, uid, {
      control: cluster.controller,
      isTaken: (other) => watched.isThere(other),
      did: (what) => this.#options.happenings.topic(topic, 'Reconciled', `topic ${what}`),
    })
    this.#readiness.set(key, topicReadiness(made))
    this.#statusWork.add(key)
  }

  /** @throws {ReconcileError} @throws {KafkaError} NOT_CONTROLLER */
  #clusterOf(topic: Topic): KubeCluster {
    const { name } = topic.spec.clusterRef
    const cluster = this.#clusters.get(`${topic.metadata.namespace}/${name}`)
    if (cluster !== undefined) return cluster
    throw new ReconcileError('ClusterNotFound', `there is no KafkaCluster ${name}`)
  }

  /** Of a resource that only shows a topic. When that is gone, so is what it shows. */
  async #keepMirror(topic: Topic, cluster: KubeCluster): Promise<void> {
    const { image } = cluster
    if (image === undefined) throw new KafkaError('NOT_CONTROLLER', 'the metadata log was not read')
    const { uid = '' } = topic.metadata
    const found = topicNamed(image, topicNameOf(topic))
    if (found !== undefined) {
      this.#work.add(`Mirror/${clusterNameOf(topic)}/${found.name}`)
      const isOthers = found.owner?.origin !== 'protocol'
      this.#readiness.set(topicKey(topic.metadata), isOthers ? conflict : topicReadiness(found))
      this.#statusWork.add(topicKey(topic.metadata))
      return
    }
    const answer = await this.#options.kube.objects.delete(Topic, placeOf(topic), { uid })
    if (!answer.ok && !['not-found', 'conflict'].includes(answer.failure.type)) valueOf(answer)
  }

  /** @param path `<namespace>/<cluster>/<topic>` */
  async #mirror(path: string): Promise<void> {
    const { kube, watched } = this.#options
    const [namespace = '', clusterName = '', topicName = ''] = path.split('/')
    const cluster = this.#clusters.get(`${namespace}/${clusterName}`)
    const image = cluster?.image
    const topic = image && topicNamed(image, topicName)
    if (cluster === undefined || image === undefined) return
    const name = mirrorName(topicName)
    const object = watched.topic(`${namespace}/${name}`)
    const found = object && read(Topic, object)
    if (topic === undefined) {
      if (found !== undefined && isMirror(found)) this.#work.add(topicKey(found.metadata))
      return
    }
    const place = { name: clusterName, namespace }
    const plan = planMirror(image, topic, { cluster: place, found })
    if (plan.type === 'create') await this.#createMirror(plan.mirror, topic.id, cluster)
    else if (plan.type === 'record') {
      await cluster.controller.mirrorTopic({ topicId: plan.topicId, resourceUid: plan.uid })
    } else if (plan.type === 'update') {
      const options = { metadataOnly: true }
      valueOf(await kube.objects.apply(Topic, { namespace, name }, plan.mirror, options))
    }
  }

  async #createMirror(mirror: Mirror, topicId: string, cluster: KubeCluster): Promise<void> {
    const { kube } = this.#options
    const { namespace, name } = mirror.metadata
    const options = { metadataOnly: true }
    const answer = await kube.objects.apply(Topic, { namespace, name }, mirror, options)
    const { uid } = valueOf(answer).metadata
    await cluster.controller.mirrorTopic({ topicId, resourceUid: uid })
  }

  #deleted(topic: Topic): void {
    this.#deletions.add(clusterNameOf(topic), topic)
  }

  /** So many were deleted together. */
  #settled(cluster: string, topics: readonly Topic[]): void {
    const { watched, happenings } = this.#options
    const resource = watched.cluster(cluster)
    if (resource === undefined || resource.metadata.deletionTimestamp !== undefined) return
    const total = [...watched.topicsOf(cluster)].length + topics.length
    const isMeant = resource.metadata.annotations?.[allowMassDeletion] === 'true'
    if (!isMeant && isMassDeletion({ vanished: topics.length, total })) {
      const help = `annotate the KafkaCluster with ${allowMassDeletion}=true before, if that is meant`
      const note = `${topics.length} of ${total} topics are deleted at once, and their data is kept: ${help}`
      happenings.cluster(read(KafkaCluster, resource), 'MassDeletion', note)
      return
    }
    for (const topic of topics) {
      const { uid = '' } = topic.metadata
      this.#released.set(uid, topic)
      this.#work.add(`Release/${uid}`)
    }
  }

  async #release(uid: string): Promise<void> {
    const topic = this.#released.get(uid)
    if (topic === undefined) return
    const { kube, watched, happenings } = this.#options
    const { namespace } = topic.metadata
    const cluster = this.#clusters.get(clusterNameOf(topic))
    const resource = watched.cluster(clusterNameOf(topic))
    const isGone = resource === undefined || resource.metadata.deletionTimestamp !== undefined
    if (cluster !== undefined && !isGone && !(await isGoingAway(kube.objects, namespace))) {
      const isProtected = cluster.resource.spec.topics.deletionProtection
      const outcome = await releaseTopic(topic, uid, { control: cluster.controller, isProtected })
      const name = topicNameOf(topic)
      if (outcome === 'deleted') {
        happenings.cluster(
          cluster.resource,
          'TopicDeleted',
          `topic ${name} and its data are deleted`,
        )
      } else if (outcome === 'kept') {
        const note = `topic ${name} has no Topic any more, and is kept with its data`
        happenings.cluster(cluster.resource, 'TopicKept', note)
      }
    }
    this.#released.delete(uid)
  }

  async #writeStatus(key: string): Promise<void> {
    const [kind, ...rest] = key.split('/')
    const name = rest.join('/')
    if (kind === 'KafkaCluster') await this.#writeClusterStatus(name)
    else await this.#writeTopicStatus(name)
  }

  async #writeClusterStatus(name: string): Promise<void> {
    const cluster = this.#clusters.get(name)
    const found = this.#options.watched.cluster(name)
    if (cluster === undefined || found?.metadata.uid !== cluster.uid) return
    const status = cluster.status(
      read(KafkaCluster, found),
      this.#readiness.get(`KafkaCluster/${name}`),
    )
    await this.#statuses.write(KafkaCluster, cluster.resource, status)
  }

  async #writeTopicStatus(name: string): Promise<void> {
    const { watched, clock } = this.#options
    const found = watched.topic(name)
    const readiness = this.#readiness.get(`Topic/${name}`)
    if (found === undefined || readiness === undefined) return
    const topic = read(Topic, found)
    const image = this.#clusters.get(clusterNameOf(topic))?.image
    const made = image && topicNamed(image, topicNameOf(topic))
    const own = made?.owner?.resourceUid === found.metadata.uid ? made : undefined
    const status = topicResourceStatus(topic, own, { readiness, nowMs: clock.nowMs() })
    await this.#statuses.write(Topic, topic, status)
  }

  #failed(key: string, error: unknown): void {
    const { logger, onFatal } = this.#options
    const readiness = readinessAfter(error)
    if (readiness === undefined) return onFatal(error)
    logger.warn('not reconciled', { key, reason: readiness.reason, why: readiness.message })
    if (!key.startsWith('KafkaCluster/') && !key.startsWith('Topic/')) return
    this.#readiness.set(key, readiness)
    this.#statusWork.add(key)
  }

  #statusFailed(key: string, error: unknown): void {
    const { logger, onFatal } = this.#options
    if (!(error instanceof KubeError)) return onFatal(error)
    logger.warn('a status was not written', { key, why: error.message })
  }
}

/** @returns Undefined for our own mistakes. */
function readinessAfter(error: unknown): Readiness | undefined {
  if (error instanceof ReconcileError) {
    return { status: 'False', reason: error.reason, message: error.message }
  }
  if (error instanceof KafkaError) {
    return { status: 'Unknown', reason: 'NotDecided', message: error.message }
  }
  if (error instanceof KubeError) {
    return { status: 'Unknown', reason: 'ApiError', message: error.message }
  }
  if (error instanceof NetworkError) {
    return { status: 'False', reason: 'CannotListen', message: error.message }
  }
  const isOfLog = error instanceof StorageError || error instanceof MetadataError
  if (isOfLog) return { status: 'False', reason: 'MetadataUnusable', message: error.message }
  return undefined
}

/** With its defaults: it may be older than they are. */
function read<R extends Resource>(table: R, object: object): ResourceOf<R> {
  return readResource(table, object)
}

type Named = { readonly metadata: { readonly namespace?: string; readonly name: string } }

function clusterKey({ metadata }: Named): string {
  return `KafkaCluster/${metadata.namespace}/${metadata.name}`
}

function topicKey({ namespace, name }: Named['metadata']): string {
  return `Topic/${namespace}/${name}`
}

function clusterNameOf({ metadata, spec }: Topic): string {
  return `${metadata.namespace}/${spec.clusterRef.name}`
}

function placeOf({ metadata: { namespace, name } }: Topic) {
  return { namespace, name }
}

const conflict: Readiness = {
  status: 'False',
  reason: 'Conflict',
  message: "the topic is another resource's: this one may be deleted",
}

/** Decisions on so many topics go into one append. */
const workAtOnce = 200
/** More of them write no faster. */
const statusesAtOnce = 4
