import { changedTopicNames, type ImageChanges } from '../../broker/metadata/image-changes.ts'
import { MetadataError } from '../../broker/metadata/metadata-error.ts'
import { NetworkError } from '../../broker/net/network-error.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Logger } from '../../lib/logger.ts'
import { StorageError } from '../../lib/storage-error.ts'
import { KafkaCluster } from '../api/kafka-cluster/kafka-cluster.ts'
import { clusterKeyOf } from '../api/topic/cluster-key.ts'
import { Topic } from '../api/topic/topic.ts'
import type { Readiness } from '../condition.ts'
import { StoreError } from '../controller/store/store-error.ts'
import type { KubeApi } from '../kube/api/kube-api.ts'
import { KubeError } from '../kube/api/requests/answer.ts'
import { notDecided, readinessAfter } from '../readiness-after.ts'
import { WorkQueue } from '../work-queue.ts'
import { Deletions } from './deletions.ts'
import type { Happenings } from './happenings.ts'
import { clusterKey, read, topicKey } from './keys.ts'
import type { KubeCluster } from './kube-cluster.ts'
import { Statuses } from './statuses.ts'
import { TopicWork } from './topic-work.ts'
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
  /** Whether nobody else does, as of now. */
  readonly mayAct: () => boolean
  readonly clock: Clock
  readonly logger: Logger
  readonly onFatal: (error: unknown) => void
}

/** Everything that the operator does while it is the active one. */
export class ActiveOperator {
  readonly #options: ActiveOperatorOptions
  /** By `namespace/name`. */
  readonly #clusters = new Map<string, KubeCluster>()
  #isClosed = false
  /** Those whose topics were asked for, once their log was read. */
  readonly #begun = new WeakSet<KubeCluster>()
  readonly #work: WorkQueue
  /** Beside the work: it never waits for a status. */
  readonly #statusWork: WorkQueue
  readonly #statuses: Statuses
  readonly #deletions: Deletions
  /** By key, what the last reconciliation has come to. */
  readonly #readiness = new Map<string, Readiness>()
  readonly #topics: TopicWork

  constructor(options: ActiveOperatorOptions) {
    const { clock, kube, watched, happenings, mayAct } = options
    this.#options = options
    this.#statuses = new Statuses(kube.status)
    this.#topics = new TopicWork({
      client: kube.objects,
      watched,
      happenings,
      clock,
      mayAct,
      clusterNamed: (name) => this.#clusters.get(name),
      ask: (key) => this.#work.add(key),
    })
    this.#deletions = new Deletions(clock, (cluster, topics) => {
      this.#topics.deleted(cluster, topics)
    })
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
        const key = topicKey(event.object)
        if (event.type === 'applied') return this.#work.add(key)
        this.#statuses.forget(event.object.metadata.uid)
        this.#readiness.delete(key)
        if (event.type === 'missing') return
        const topic = read(Topic, event.object)
        this.#deletions.add(clusterKeyOf(topic), topic)
      },
      objectOf: (key) => this.#work.add(`KafkaCluster/${key}`),
    })
    for (const cluster of watched.clusters()) this.#work.add(clusterKey(cluster))
    for (const topic of watched.topics()) this.#work.add(topicKey(topic))
  }

  get clusters(): Iterable<KubeCluster> {
    return this.#clusters.values()
  }

  /** Lets go of everything; nothing of it is stopped. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#options.watched.follow(undefined)
    this.#deletions.close()
    // What waits for a controller ends with it, also while the API server is away.
    const clusters = Array.from(this.#clusters.values(), (cluster) => cluster.close())
    await Promise.all([this.#work.close(), this.#statusWork.close(), ...clusters])
  }

  async #reconcile(key: string): Promise<void> {
    const [kind, ...rest] = key.split('/')
    const name = rest.join('/')
    if (kind === 'KafkaCluster') await this.#reconcileCluster(name)
    else if (kind === 'Mirror') await this.#topics.mirrors.show(name)
    else if (kind === 'Deleted') await this.#topics.release(name)
    else {
      const readiness = await this.#topics.reconcile(name)
      if (readiness === undefined) return
      this.#readiness.set(key, readiness)
      this.#statusWork.add(key)
    }
  }

  async #reconcileCluster(name: string): Promise<void> {
    const key = `KafkaCluster/${name}`
    const found = this.#options.watched.cluster(name)
    const known = this.#clusters.get(name)
    if (known !== undefined && known.uid !== found?.metadata.uid) {
      this.#clusters.delete(name)
      this.#readiness.delete(key)
      for (const topic of this.#options.watched.topicsOf(name)) this.#work.add(topicKey(topic))
      await known.close()
      if (this.#isClosed) return // nobody would close one that is made now
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
    try {
      await cluster.reconcile(resource)
    } finally {
      // Topics do not wait until all objects of their cluster can be made.
      if (cluster.image !== undefined) this.#begin(name, cluster)
    }
    this.#readiness.delete(key)
    this.#statusWork.add(key)
  }

  /** Its metadata log is there for the first time: whatever is in it, and whatever waits for it. */
  #begin(name: string, cluster: KubeCluster): void {
    if (this.#begun.has(cluster)) return
    this.#begun.add(cluster)
    for (const topic of this.#options.watched.topicsOf(name)) this.#work.add(topicKey(topic))
    for (const topic of cluster.image?.topics.values() ?? []) {
      this.#work.add(`Mirror/${name}/${topic.name}`)
    }
  }

  #imageChanged(name: string, changes: ImageChanges): void {
    for (const topic of changedTopicNames(changes)) {
      this.#work.add(`Mirror/${name}/${topic}`)
      for (const resource of this.#options.watched.topicsCalled(name, topic)) {
        this.#work.add(topicKey(resource))
      }
    }
    if (changes.brokers.length > 0) this.#work.retryFailed()
    const isOutOfDate = this.#clusters.get(name)?.isOutOfDate === true
    if (changes.brokers.length > 0 || isOutOfDate) this.#work.add(`KafkaCluster/${name}`)
    this.#statusWork.add(`KafkaCluster/${name}`)
  }

  async #writeStatus(key: string): Promise<void> {
    const [kind, ...rest] = key.split('/')
    const name = rest.join('/')
    if (kind === 'KafkaCluster') return this.#writeClusterStatus(name)
    const readiness = this.#readiness.get(key)
    const said = readiness && this.#topics.status(name, readiness)
    if (said !== undefined) await this.#statuses.write(Topic, said.topic, said.status)
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

  #failed(key: string, error: unknown): void {
    const { logger, onFatal } = this.#options
    const readiness = readinessHere(error)
    if (readiness === undefined) return onFatal(error)
    const { reason, message } = readiness
    const before = this.#readiness.get(key)
    const isNews = before?.reason !== reason || before.message !== message
    if (isNews) logger.warn('not reconciled', { key, reason, why: message })
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
function readinessHere(error: unknown): Readiness | undefined {
  if (error instanceof StoreError) return notDecided(error)
  if (error instanceof KubeError) {
    return { status: 'Unknown', reason: 'ApiError', message: error.message }
  }
  if (error instanceof NetworkError) {
    return { status: 'False', reason: 'CannotListen', message: error.message }
  }
  const isOfLog = error instanceof StorageError || error instanceof MetadataError
  if (isOfLog) return { status: 'False', reason: 'MetadataUnusable', message: error.message }
  return readinessAfter(error)
}

/** Decisions on so many topics go into one append. */
const workAtOnce = 200
/** More of them write no faster. */
const statusesAtOnce = 4
