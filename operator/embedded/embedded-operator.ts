import { changedTopicNames, type ImageChanges } from '../../broker/metadata/image-changes.ts'
import type { Clock } from '../../lib/clock.ts'
import type { KafkaCluster } from '../api/kafka-cluster/kafka-cluster.ts'
import { clusterKeyOf } from '../api/topic/cluster-key.ts'
import type { Topic } from '../api/topic/topic.ts'
import { type Condition, type Readiness, readyCondition } from '../condition.ts'
import { clusterReadiness } from '../kafka-cluster/cluster-readiness.ts'
import type { ManifestChange, ManifestEvent } from '../kube/directory/watch-manifests.ts'
import { readinessAfter } from '../readiness-after.ts'
import { ReconcileError } from '../reconcile-error.ts'
import { allowMassDeletion, isMassDeletion } from '../topic/mass-deletion.ts'
import { reconcileTopic, releaseTopic } from '../topic/reconcile-topic.ts'
import { topicReadiness } from '../topic/topic-readiness.ts'
import { WorkQueue } from '../work-queue.ts'
import { cannotStart } from './cannot-start.ts'
import { maxBrokers } from './cluster-ports.ts'
import { type Held, HeldResources, type Released } from './held-resources.ts'
import type { RunningCluster, RunningClusterOptions } from './running-cluster.ts'
import { clusterStatus, type ResourceStatus, type UpStatus } from './status.ts'

export type EmbeddedOperatorOptions = {
  readonly clock: Clock
  readonly startCluster: (
    resource: KafkaCluster,
    hooks: Pick<RunningClusterOptions, 'onImage' | 'onChange' | 'onKilled'>,
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

/**
 * The operator without Kubernetes: resources come from a directory, brokers are processes of this
 * machine. What is reconciled, and how, is the same.
 */
export class EmbeddedOperator {
  readonly #options: EmbeddedOperatorOptions
  readonly #queue: WorkQueue
  readonly #held = new HeldResources()
  /** By `namespace/name`, those that run. */
  readonly #clusters = new Map<string, RunningCluster>()
  readonly #conditions = new Map<string, Condition>()
  /** Keys of clusters that run, but not as their resources say. */
  readonly #refused = new Set<string>()
  #clusterTurn: Promise<void> = Promise.resolve()
  /** Clusters that were there from the start are opened, and nothing of them is changed yet. */
  #isOpening = false

  constructor(options: EmbeddedOperatorOptions) {
    this.#options = options
    this.#queue = new WorkQueue({
      clock: options.clock,
      concurrency: topicsAtOnce,
      work: (key) => (isCluster(key) ? this.#reconcileCluster(key) : this.#reconcileTopic(key)),
      failed: (key, error) => this.#failed(key, error),
    })
  }

  /**
   * What the directory says now. Clusters are started, updated and stopped before this returns.
   *
   * @throws What stands in the way of a cluster that was there from the start. Nothing of the others
   *   was changed then: `detach` leaves all as it was. A later one is tried again, and the others are
   *   left alone.
   */
  async apply({ first, events }: ManifestChange): Promise<void> {
    this.#isOpening = first
    const kept = this.#massDeletions(events)
    for (const event of events) {
      this.#held.take(event, (clusterKey) => kept.has(clusterKey))
      if (event.type === 'Vanished') this.#conditions.delete(event.key)
    }
    for (const { key, resource } of events) {
      // First, so that what vanishes together with its cluster is not taken for a deletion.
      if (resource.kind !== 'KafkaCluster') continue
      try {
        await this.#reconcileCluster(key)
      } catch (error) {
        if (!(error instanceof ReconcileError)) throw error
        if (first) throw error.cause instanceof Error ? error.cause : error
        this.#failed(key, error)
        this.#queue.add(key)
      }
    }
    this.#isOpening = false
    if (first) for (const clusterKey of this.#clusters.keys()) this.#begin(clusterKey)
    for (const { key, resource } of events) if (resource.kind === 'Topic') this.#queue.add(key)
    this.#options.onChange()
  }

  get clusters(): Iterable<RunningCluster> {
    return this.#clusters.values()
  }

  /** @param of.knownClusters `namespace/name` of all that have data here. */
  status({
    knownClusters,
    ...of
  }: Pick<UpStatus, 'pid' | 'metricsEndpoint'> & { knownClusters: readonly string[] }): UpStatus {
    const isThere = (uid: string) => this.#held.isThere(uid)
    return {
      version: 1,
      ...of,
      clusters: Array.from(this.#clusters.values(), (cluster) => clusterStatus(cluster, isThere)),
      keptClusters: knownClusters.filter((name) => !this.#held.has(`KafkaCluster/${name}`)),
      resources: Array.from(this.#held.all(), ([key, { kind, metadata }]): ResourceStatus => {
        const condition = this.#conditions.get(key)
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

  /** One after another: an edit may come while one that failed is tried again. */
  #reconcileCluster(key: string): Promise<void> {
    const done = this.#clusterTurn.then(() => this.#reconcileClusterNow(key))
    this.#clusterTurn = done.catch(() => {}) // whoever asked is told
    return done
  }

  async #reconcileClusterNow(key: string): Promise<void> {
    const clusterKey = key.slice('KafkaCluster/'.length)
    const running = this.#clusters.get(clusterKey)
    const resource = this.#held.cluster(key)?.resource
    if (resource === undefined) {
      this.#clusters.delete(clusterKey)
      this.#refused.delete(key)
      await running?.stop()
      if (running === undefined) return
      this.#tell('warn', key, 'is stopped, since its manifest is gone; all its data is kept')
      return
    }
    checkReplicas(resource)
    this.#refused.delete(key)
    if (running !== undefined) {
      running.update(resource)
      return
    }
    const starting = this.#options.startCluster(resource, {
      onImage: (changes) => this.#imageChanged(clusterKey, changes),
      onChange: () => this.#clusterChanged(clusterKey),
      onKilled: (nodeId) => {
        const what = `broker ${nodeId} said nothing any more: it is killed and started again`
        this.#tell('warn', key, what)
      },
    })
    const cluster = await starting.catch((error: unknown) => {
      throw cannotStart(error)
    })
    this.#clusters.set(clusterKey, cluster)
    if (!this.#isOpening) this.#begin(clusterKey)
  }

  #begin(clusterKey: string): void {
    this.#clusters.get(clusterKey)?.begin()
    this.#clusterChanged(clusterKey)
    for (const topicKey of this.#held.topicKeys(clusterKey)) this.#queue.add(topicKey)
  }

  #clusterChanged(clusterKey: string): void {
    const key = `KafkaCluster/${clusterKey}`
    const cluster = this.#clusters.get(clusterKey)
    if (cluster === undefined || this.#isOpening) return
    if (!this.#refused.has(key)) this.#setReadiness(key, clusterReadiness(cluster))
    this.#options.onChange()
  }

  async #reconcileTopic(key: string): Promise<void> {
    const held = this.#held.topic(key)
    const released = this.#held.released(key)
    if (held !== undefined) await this.#keepTopic(key, held)
    else if (released !== undefined) await this.#releaseTopic(key, released)
  }

  /** Clusters of which so many topics vanish at once that it is not believed. */
  #massDeletions(events: readonly ManifestEvent[]): ReadonlySet<string> {
    const vanished = events.flatMap(({ type, resource }) => {
      return type === 'Vanished' && resource.kind === 'Topic' ? [clusterKeyOf(resource)] : []
    })
    const kept = new Set<string>()
    for (const [clusterKey, { length }] of Map.groupBy(vanished, (clusterKey) => clusterKey)) {
      const key = `KafkaCluster/${clusterKey}`
      const total = [...this.#held.topicKeys(clusterKey)].length
      const { annotations } = this.#held.cluster(key)?.resource.metadata ?? {}
      const isMeant = annotations?.[allowMassDeletion] === 'true'
      const goesToo = events.some((event) => event.type === 'Vanished' && event.key === key)
      if (isMeant || goesToo || !isMassDeletion({ vanished: length, total })) continue
      kept.add(clusterKey)
      const help = `say the annotation ${allowMassDeletion}: "true" before, if that is meant`
      this.#tell('warn', key, `${length} of ${total} topics vanish at once, and are kept: ${help}`)
    }
    return kept
  }

  async #keepTopic(key: string, { resource, uid }: Held<Topic>): Promise<void> {
    const cluster = this.#clusters.get(clusterKeyOf(resource))
    if (cluster === undefined) {
      const { name } = resource.spec.clusterRef
      throw new ReconcileError('ClusterNotFound', `there is no KafkaCluster ${name}`)
    }
    if (!cluster.isComplete) {
      throw new ReconcileError('WaitingForBrokers', 'not all brokers are there yet')
    }
    const topic = await reconcileTopic(resource, uid, {
      control: cluster.controller,
      isTaken: (other) => this.#held.isThere(other),
      brokers: cluster.resource.spec.brokers.replicas,
      did: (what) => this.#tell('info', key, what),
    })
    this.#setReadiness(key, topicReadiness(topic, cluster))
    this.#options.onChange()
  }

  async #releaseTopic(key: string, released: Released): Promise<void> {
    const { resource, uid, isKept, done } = released
    const cluster = this.#clusters.get(clusterKeyOf(resource))
    if (cluster !== undefined) {
      const isProtected = isKept || cluster.resource.spec.topics.deletionProtection
      const control = cluster.controller
      const outcome = await releaseTopic(resource, uid, { control, isProtected })
      if (outcome === 'deleted') this.#tell('info', key, 'is deleted')
      if (outcome === 'kept') this.#tell('info', key, 'has no manifest any more; its data is kept')
      done()
    }
    // What went together with its cluster is kept, with all its data.
    if (this.#held.released(key)?.uid === uid) this.#held.forgetReleased(key)
  }

  #imageChanged(clusterKey: string, changes: ImageChanges): void {
    if (this.#isOpening) return
    for (const name of changedTopicNames(changes)) {
      for (const key of this.#held.keysOfTopic(clusterKey, name)) this.#queue.add(key)
    }
    if (changes.brokers.length > 0) this.#queue.retryFailed()
  }

  #failed(key: string, error: unknown): void {
    if (isCluster(key)) this.#refused.add(key)
    const readiness = readinessAfter(error)
    if (readiness === undefined) this.#options.onFatal(error)
    else this.#setReadiness(key, readiness)
    this.#options.onChange()
  }

  #setReadiness(key: string, now: Readiness): void {
    if (!this.#held.has(key)) return
    const before = this.#conditions.get(key)
    if (before?.reason === now.reason && before.message === now.message) return
    this.#conditions.set(key, readyCondition(before, now, this.#options.clock.nowMs()))
    if (now.status !== 'True' && !passing.has(now.reason)) this.#tell('warn', key, now.message)
  }

  #tell(level: News['level'], key: string, text: string): void {
    const [kind, , name] = key.split('/')
    this.#options.tell({ level, subject: `${kind} ${name}`, text })
  }
}

/** @throws {ReconcileError} */
function checkReplicas({ spec }: KafkaCluster): void {
  const { replicas } = spec.brokers
  if (replicas <= maxBrokers) return
  const most = `kavka up runs at most ${maxBrokers} brokers of a cluster`
  const message = `spec.brokers.replicas: ${most}, found ${replicas}`
  throw new ReconcileError('TooManyBrokers', message)
}

function isCluster(key: string): boolean {
  return key.startsWith('KafkaCluster/')
}

/** Passes by itself, and whoever watches sees it otherwise. */
const passing: ReadonlySet<string> = new Set([
  'BrokersNotReady',
  'WaitingForBrokers',
  'Leaderless',
  'UnderMinIsr',
  'Reassigning',
])

/** Decisions on so many topics go into one append. */
const topicsAtOnce = 200
