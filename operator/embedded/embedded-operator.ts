import type { ImageChanges } from '../../broker/metadata/image-changes.ts'
import { MetadataError } from '../../broker/metadata/metadata-error.ts'
import { NetworkError } from '../../broker/net/network-error.ts'
import { KafkaError } from '../../broker/protocol/errors.ts'
import type { Clock } from '../../lib/clock.ts'
import { StorageError } from '../../lib/storage-error.ts'
import type { KafkaCluster } from '../api/kafka-cluster/kafka-cluster.ts'
import type { AnyResource } from '../api/kinds.ts'
import type { Topic } from '../api/topic/topic.ts'
import { topicNameOf } from '../api/topic/topic-name.ts'
import { type Condition, type Readiness, readyCondition } from '../condition.ts'
import type { ManifestChange, ManifestEvent } from '../kube/directory/watch-manifests.ts'
import { ReconcileError } from '../reconcile-error.ts'
import { reconcileTopic, releaseTopic } from '../topic/reconcile-topic.ts'
import { WorkQueue } from '../work-queue.ts'
import { maxBrokers } from './cluster-ports.ts'
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
  /** By cluster and name of the topic, the keys of those that are there. */
  readonly #topicKeys = new Map<string, string>()
  readonly #conditions = new Map<string, Condition>()
  /** Keys of clusters that cannot be what they should be. */
  readonly #refused = new Set<string>()
  #clusterTurn: Promise<void> = Promise.resolve()

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
   * @throws What stands in the way of a cluster, if it was there from the start. A later one is tried
   *   again, and the others are left alone.
   */
  async apply({ first, events }: ManifestChange): Promise<void> {
    for (const event of events) this.#take(event)
    for (const { key, resource } of events) {
      // First, so that what vanishes together with its cluster is not taken for a deletion.
      if (resource.kind !== 'KafkaCluster') continue
      try {
        await this.#reconcile(key)
      } catch (error) {
        if (first) throw error
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
      this.#refused.delete(key)
    }
    if (resource.kind !== 'Topic') return
    const name = `${clusterKeyOf(resource)}/${topicNameOf(resource)}`
    if (isApplied) this.#topicKeys.set(name, key)
    else {
      this.#topicKeys.delete(name)
      this.#released.set(key, { uid, resource })
    }
  }

  async #reconcile(key: string): Promise<void> {
    const held = this.#held.get(key)
    const released = this.#released.get(key)
    if (isCluster(key)) await this.#reconcileClusterInTurn(key)
    else if (held !== undefined) await this.#reconcileTopic(key, held as Held<Topic>)
    else if (released !== undefined) await this.#releaseTopic(key, released)
  }

  /** An edit may come while one that failed is tried again. */
  #reconcileClusterInTurn(key: string): Promise<void> {
    const done = this.#clusterTurn.then(async () => {
      await this.#reconcileCluster(key, this.#held.get(key)?.resource)
    })
    this.#clusterTurn = done.catch(() => {}) // whoever asked is told
    return done
  }

  async #reconcileCluster(key: string, resource: AnyResource | undefined): Promise<void> {
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
    checkReplicas(resource)
    if (running !== undefined) {
      this.#refused.delete(key)
      running.update(resource)
      return
    }
    const cluster = await this.#options.startCluster(resource, {
      onImage: (changes) => this.#imageChanged(clusterKey, changes),
      onChange: () => this.#clusterChanged(key),
    })
    this.#clusters.set(clusterKey, cluster)
    this.#refused.delete(key)
    this.#clusterChanged(key)
    for (const [topicKey, { resource: topic }] of this.#held) {
      if (topic.kind === 'Topic' && clusterKeyOf(topic) === clusterKey) this.#queue.add(topicKey)
    }
  }

  #clusterChanged(key: string): void {
    const cluster = this.#clusters.get(key.slice('KafkaCluster/'.length))
    if (cluster === undefined) return
    if (!this.#refused.has(key)) this.#setReadiness(key, readinessOf(cluster))
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
    for (const { before, after } of topics) {
      const key = this.#topicKeys.get(`${clusterKey}/${(after ?? before)?.name}`)
      if (key !== undefined) this.#queue.add(key)
    }
    for (const { name } of configs) {
      const key = this.#topicKeys.get(`${clusterKey}/${name}`)
      if (key !== undefined) this.#queue.add(key)
    }
    if (brokers.length > 0) this.#queue.retryFailed()
  }

  #failed(key: string, error: unknown): void {
    if (isCluster(key)) this.#refused.add(key)
    if (error instanceof ReconcileError) {
      const { reason, message } = error
      this.#setReadiness(key, { status: 'False', reason, message })
    } else if (error instanceof KafkaError) {
      this.#setReadiness(key, { status: 'Unknown', reason: 'NotDecided', message: error.message })
    } else if (isCluster(key) && isOfMachine(error)) {
      this.#setReadiness(key, { status: 'False', reason: 'CannotStart', message: error.message })
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

/** @throws {ReconcileError} */
function checkReplicas({ spec }: KafkaCluster): void {
  const { replicas } = spec.brokers
  if (replicas <= maxBrokers) return
  const message = `spec.brokers.replicas: kavka up runs at most ${maxBrokers} brokers of a cluster, found ${replicas}`
  throw new ReconcileError('TooManyBrokers', message)
}

function isCluster(key: string): boolean {
  return key.startsWith('KafkaCluster/')
}

/** A port, a disk, a lock: what somebody else has to mend, and may have soon. */
function isOfMachine(error: unknown): error is Error {
  if (!(error instanceof Error)) return false
  if (error instanceof NetworkError || error instanceof StorageError) return true
  return error instanceof MetadataError || error.name === 'LockHeldError' || 'code' in error
}

/** Passes by itself, and whoever watches sees it otherwise. */
const quiet: ReadonlySet<string> = new Set(['BrokersNotReady', 'WaitingForBrokers', 'Leaderless'])

/** `default/demo`: the namespace and name of the cluster of a topic. */
function clusterKeyOf({ metadata, spec }: Topic): string {
  return `${metadata.namespace}/${spec.clusterRef.name}`
}

/** Decisions of so many topics go into one append. */
const topicsAtOnce = 200
