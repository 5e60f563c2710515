import type { ImageChanges } from '../../broker/metadata/image-changes.ts'
import { KafkaError } from '../../broker/protocol/errors.ts'
import type { Clock } from '../../lib/clock.ts'
import type { KafkaCluster } from '../api/kafka-cluster/kafka-cluster.ts'
import type { AnyResource } from '../api/kinds.ts'
import type { Topic } from '../api/topic/topic.ts'
import { topicNameOf } from '../api/topic/topic-name.ts'
import { type Condition, type Readiness, readyCondition } from '../condition.ts'
import type { ManifestChange, ManifestEvent } from '../kube/directory/watch-manifests.ts'
import { ReconcileError } from '../reconcile-error.ts'
import { reconcileTopic, releaseTopic } from '../topic/reconcile-topic.ts'
import { WorkQueue } from '../work-queue.ts'
import { cannotStart } from './cannot-start.ts'
import type { RunningCluster } from './running-cluster.ts'
import { clusterStatus, occupiedInWords, type ResourceStatus, type UpStatus } from './status.ts'

export type EmbeddedOperatorOptions = {
  readonly clock: Clock
  readonly startCluster: (
    resource: KafkaCluster,
    hooks: { onImage(changes: ImageChanges): void; onChange(): void },
  ) => Promise<RunningCluster>
  /** What happened, in words, for whoever watches. */
  readonly tell: (news: News) => void
  /** Something that a status shows has changed. */
  readonly onChange: () => void
  readonly onFatal: (error: unknown) => void
}

export type News = {
  readonly level: 'info' | 'warn'
  /** Such as `Topic orders`. */
  readonly subject: string
  readonly text: string
}

/** A resource that is there. */
type Held<R extends AnyResource = AnyResource> = { readonly uid: string; readonly resource: R }

/**
 * The operator without Kubernetes: resources come from a directory, brokers are processes of this
 * machine. What is reconciled, and how, is the same.
 */
export class EmbeddedOperator {
  readonly #options: EmbeddedOperatorOptions
  readonly #queue: WorkQueue
  readonly #clusters = new Map<string, RunningCluster>()
  /** By key, all resources that are there. */
  readonly #held = new Map<string, Held>()
  readonly #uids = new Set<string>()
  /** Topics that were seen to be deleted, until that is carried out. */
  readonly #released = new Map<string, Held<Topic>>()
  /** By cluster and name of the topic, the keys of those that are there: one, but for mistakes. */
  readonly #topicKeys = new Map<string, Set<string>>()
  readonly #conditions = new Map<string, Condition>()
  /** One cluster after another is started, updated or stopped. */
  #clusterTurn: Promise<unknown> = Promise.resolve()

  constructor(options: EmbeddedOperatorOptions) {
    this.#options = options
    this.#queue = new WorkQueue({
      clock: options.clock,
      concurrency: topicsAtOnce,
      work: (key) => this.#reconcile(key),
      failed: (key, error) => this.#failed(key, error),
    })
  }

  /**
   * What the directory says now. Clusters are started, updated and stopped before this returns.
   *
   * @throws Why a cluster does not start, at the start. Later it is told of, and tried again.
   */
  async apply({ first, events }: ManifestChange): Promise<void> {
    for (const event of events) this.#take(event)
    for (const { key, resource } of events) {
      if (resource.kind !== 'KafkaCluster') continue
      try {
        // First, so that what vanishes together with its cluster is not taken for a deletion.
        await this.#reconcileCluster(key)
      } catch (error) {
        if (!(error instanceof ReconcileError)) throw error
        if (first) throw error.cause
        this.#failed(key, error)
        this.#queue.add(key)
      }
    }
    for (const { key, resource } of events) if (resource.kind === 'Topic') this.#queue.add(key)
    this.#options.onChange()
  }

  get clusters(): Iterable<RunningCluster> {
    return this.#clusters.values()
  }

  status(of: Omit<UpStatus, 'version' | 'clusters' | 'resources'>): UpStatus {
    const isThere = (uid: string) => this.#uids.has(uid)
    return {
      version: 1,
      ...of,
      clusters: Array.from(this.#clusters.values(), (cluster) => clusterStatus(cluster, isThere)),
      resources: Array.from(this.#held, ([key, { resource }]): ResourceStatus => {
        const condition = this.#conditions.get(key)
        const { kind, metadata } = resource
        const conditions = condition === undefined ? [] : [condition]
        return { kind, namespace: metadata.namespace, name: metadata.name, conditions }
      }),
    }
  }

  /** Stops all in order. */
  async stop(): Promise<void> {
    await this.#queue.close()
    await Promise.all(Array.from(this.#clusters.values(), (cluster) => cluster.stop()))
    this.#options.onChange()
  }

  /** Lets go of the brokers, which serve on for some time. */
  async detach(): Promise<void> {
    await this.#queue.close()
    await Promise.all(Array.from(this.#clusters.values(), (cluster) => cluster.detach()))
  }

  #take({ type, key, uid, resource }: ManifestEvent): void {
    const isApplied = type === 'Applied'
    if (isApplied) {
      this.#held.set(key, { uid, resource })
      this.#uids.add(uid)
      this.#released.delete(key)
    } else {
      this.#held.delete(key)
      this.#uids.delete(uid)
      this.#conditions.delete(key)
    }
    if (resource.kind !== 'Topic') return
    const name = `${clusterKeyOf(resource)}/${topicNameOf(resource)}`
    const keys = this.#topicKeys.get(name) ?? new Set()
    this.#topicKeys.set(name, keys)
    if (isApplied) keys.add(key)
    else {
      keys.delete(key)
      if (keys.size === 0) this.#topicKeys.delete(name)
      this.#released.set(key, { uid, resource })
    }
  }

  async #reconcile(key: string): Promise<void> {
    const held = this.#held.get(key)
    const released = this.#released.get(key)
    if (key.startsWith('KafkaCluster/')) await this.#reconcileCluster(key)
    else if (held !== undefined) await this.#reconcileTopic(key, held as Held<Topic>)
    else if (released !== undefined) await this.#releaseTopic(key, released)
  }

  #reconcileCluster(key: string): Promise<void> {
    const turn = this.#clusterTurn.then(() => this.#bringCluster(key))
    this.#clusterTurn = turn.catch(() => {})
    return turn
  }

  async #bringCluster(key: string): Promise<void> {
    const resource = this.#held.get(key)?.resource
    const clusterKey = key.slice('KafkaCluster/'.length)
    const running = this.#clusters.get(clusterKey)
    if (resource?.kind !== 'KafkaCluster') {
      this.#clusters.delete(clusterKey)
      await running?.stop()
      if (running !== undefined) {
        this.#tell('warn', key, 'is stopped, since its manifest is gone; all its data is kept')
      }
      return
    }
    if (running !== undefined) {
      running.update(resource)
      return
    }
    const starting = this.#options.startCluster(resource, {
      onImage: (changes) => this.#imageChanged(clusterKey, changes),
      onChange: () => this.#clusterChanged(key),
    })
    const cluster = await starting.catch((error: unknown) => {
      throw cannotStart(error)
    })
    this.#clusters.set(clusterKey, cluster)
    this.#clusterChanged(key)
    for (const [topicKey, { resource: topic }] of this.#held) {
      if (topic.kind === 'Topic' && clusterKeyOf(topic) === clusterKey) this.#queue.add(topicKey)
    }
  }

  #clusterChanged(key: string): void {
    const cluster = this.#clusters.get(key.slice('KafkaCluster/'.length))
    if (cluster === undefined) return
    this.#setReadiness(key, readinessOf(cluster))
    this.#options.onChange()
  }

  async #reconcileTopic(key: string, { resource, uid }: Held<Topic>): Promise<void> {
    const cluster = this.#clusterOf(resource)
    if (!cluster.isComplete) {
      throw new ReconcileError('WaitingForBrokers', 'not all brokers are there yet')
    }
    const topic = await reconcileTopic(resource, uid, {
      control: cluster.controller,
      isTaken: (other) => this.#uids.has(other),
      did: (what) => this.#tell('info', key, what),
    })
    const leaderless = Array.from({ length: topic.partitions.count }, (_, partition) => {
      return topic.partitions.leader(partition)
    }).filter((leader) => leader < 0).length
    this.#setReadiness(
      key,
      leaderless === 0
        ? { status: 'True', reason: 'Ready', message: 'all partitions have a leader' }
        : {
            status: 'False',
            reason: 'Leaderless',
            message: `${leaderless} of ${topic.partitions.count} partitions have no leader`,
          },
    )
    this.#options.onChange()
  }

  async #releaseTopic(key: string, { resource, uid }: Held<Topic>): Promise<void> {
    const cluster = this.#clusters.get(clusterKeyOf(resource))
    if (cluster === undefined) return // went with it: kept, with all its data
    const { deletionProtection: isProtected } = cluster.resource.spec.topics
    const control = cluster.controller
    const outcome = await releaseTopic(resource, uid, { control, isProtected })
    this.#released.delete(key)
    if (outcome === 'deleted') this.#tell('info', key, 'is deleted')
    if (outcome === 'kept') this.#tell('info', key, 'has no manifest any more; its data is kept')
  }

  #clusterOf(topic: Topic): RunningCluster {
    const cluster = this.#clusters.get(clusterKeyOf(topic))
    if (cluster !== undefined) return cluster
    const { name } = topic.spec.clusterRef
    throw new ReconcileError('ClusterNotFound', `there is no KafkaCluster ${name}`)
  }

  #imageChanged(clusterKey: string, { topics, brokers, configs }: ImageChanges): void {
    const changed = topics.map(({ before, after }) => (after ?? before)?.name)
    for (const name of [...changed, ...configs.map((resource) => resource.name)]) {
      for (const key of this.#topicKeys.get(`${clusterKey}/${name}`) ?? []) this.#queue.add(key)
    }
    if (brokers.length > 0) this.#queue.retryFailed()
  }

  #failed(key: string, error: unknown): void {
    if (error instanceof ReconcileError) {
      const { reason, message } = error
      this.#setReadiness(key, { status: 'False', reason, message })
    } else if (error instanceof KafkaError) {
      this.#setReadiness(key, { status: 'Unknown', reason: 'NotDecided', message: error.message })
    } else this.#options.onFatal(error)
    this.#options.onChange()
  }

  #setReadiness(key: string, now: Readiness): void {
    if (!this.#held.has(key)) return
    const before = this.#conditions.get(key)
    if (before?.reason === now.reason && before.message === now.message) return
    this.#conditions.set(key, readyCondition(before, now, this.#options.clock.nowMs()))
    if (now.status !== 'True' && !quiet.has(now.reason)) this.#tell('warn', key, now.message)
  }

  #tell(level: News['level'], key: string, text: string): void {
    const [kind, , name] = key.split('/')
    this.#options.tell({ level, subject: `${kind} ${name}`, text })
  }
}

function readinessOf(cluster: RunningCluster): Readiness {
  const { plan, withoutController } = cluster
  const { replicas } = cluster.resource.spec.brokers
  if (withoutController !== undefined) {
    return { status: 'False', reason: 'NoController', message: withoutController }
  }
  const serving = plan.desired.filter(({ nodeId }) => cluster.isServing(nodeId)).length
  if (serving < plan.desired.length) {
    const message = `${serving} of ${plan.desired.length} brokers serve`
    return { status: 'False', reason: 'BrokersNotReady', message }
  }
  if (plan.occupied.length > 0) {
    const message = `spec.brokers.replicas: cannot be ${replicas} yet, since ${occupiedInWords(plan.occupied)}: delete these topics, or put replicas back`
    return { status: 'False', reason: 'ScaleDownBlocked', message }
  }
  return { status: 'True', reason: 'Ready', message: `all ${replicas} brokers serve` }
}

/** Passes by itself, and whoever watches sees it otherwise. */
const quiet: ReadonlySet<string> = new Set(['BrokersNotReady', 'WaitingForBrokers', 'Leaderless'])

/** `default/demo`: the namespace and name of the cluster of a topic. */
function clusterKeyOf({ metadata, spec }: Topic): string {
  return `${metadata.namespace}/${spec.clusterRef.name}`
}

/** Decisions of so many topics go into one append. */
const topicsAtOnce = 200
