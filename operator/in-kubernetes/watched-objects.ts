import { isSame } from '../../lib/is-same.ts'
import { clusterLabel } from '../api/group.ts'
import { KafkaCluster } from '../api/kafka-cluster/kafka-cluster.ts'
import { clusterKeyOf } from '../api/topic/cluster-key.ts'
import { Topic } from '../api/topic/topic.ts'
import { topicNameOf } from '../api/topic/topic-name.ts'
import { ofClusters, selectorText } from '../kafka-cluster/resources/labels.ts'
import type { KubeApi } from '../kube/api/kube-api.ts'
import type { Selection } from '../kube/api/requests/kube-client.ts'
import type { KubeObject } from '../kube/api/requests/kube-object.ts'
import type { Kind } from '../kube/api/requests/paths.ts'
import type { Watch } from '../kube/api/watch/watch.ts'
import { keyOf, kindNamed } from './kinds.ts'
import { type CacheEvent, ResourceCache } from './resource-cache.ts'

/** An object as the API server has it: with a uid. */
export type Found<T> = T & KubeObject

/** Who is told of what happens to objects. */
export type Follower = {
  cluster(event: CacheEvent<Found<KafkaCluster>>): void
  topic(event: CacheEvent<Found<Topic>>): void
  /** Something that a cluster is made of. @param key `namespace/name` of the cluster. */
  objectOf(key: string): void
}

/**
 * All that is watched, as it was heard of last: it is kept up to date by every replica of the
 * operator, so that the one which becomes active knows all of it.
 */
export class WatchedObjects {
  readonly #clusters: ResourceCache<Found<KafkaCluster>>
  readonly #topics: ResourceCache<Found<Topic>>
  /** What clusters are made of, by kind. */
  readonly #parts = new Map<string, ResourceCache<KubeObject>>()
  /** By cluster and topic: keys of resources. One, but for mistakes. */
  readonly #byTopic = new Map<string, Map<string, Set<string>>>()
  readonly #uids = new Set<string>()
  readonly #watches: Watch<never>[] = []
  readonly #expected: number
  readonly #complete = Promise.withResolvers<void>()
  #follower: Follower | undefined

  /** @param namespaces None: all. */
  constructor(kube: KubeApi, namespaces: readonly string[]) {
    this.#clusters = new ResourceCache<Found<KafkaCluster>>(
      (event) => this.#follower?.cluster(event),
      isWanted,
    )
    this.#topics = new ResourceCache<Found<Topic>>((event) => this.#hearTopic(event), isWanted)
    for (const kind of Object.keys(partKinds)) {
      this.#parts.set(kind, new ResourceCache(({ object }) => this.#hearPart(object)))
    }
    const all = namespaces.length === 0 ? [undefined] : namespaces
    this.#expected = all.length
    for (const namespace of all) {
      this.#add(kube, KafkaCluster, this.#clusters, { namespace })
      this.#add(kube, Topic, this.#topics, { namespace })
      const labelSelector = selectorText(ofClusters)
      for (const [kind, cache] of this.#parts) {
        const metadataOnly = partKinds[kind as keyof typeof partKinds] === 'metadata'
        this.#add(kube, kindNamed(kind), cache, { namespace, labelSelector, metadataOnly })
      }
    }
  }

  /** Settles once it is stopped. @throws Our own mistakes. */
  async run(): Promise<void> {
    await Promise.all(this.#watches.map((watch) => watch.run()))
  }

  stop(): void {
    this.#complete.resolve() // nobody is to wait for it
    for (const watch of this.#watches) watch.stop()
  }

  /** Settles once everything that is there was told, or it was stopped. */
  get completed(): Promise<void> {
    return this.#complete.promise
  }

  /** Whether everything that is there was told. */
  get isComplete(): boolean {
    const caches = [this.#clusters, this.#topics, ...this.#parts.values()]
    return caches.every(({ listed }) => listed === this.#expected)
  }

  /** @param follower Undefined: nobody. */
  follow(follower: Follower | undefined): void {
    this.#follower = follower
  }

  clusters(): Iterable<Found<KafkaCluster>> {
    return this.#clusters.values()
  }

  /** @param key `namespace/name` */
  cluster(key: string): Found<KafkaCluster> | undefined {
    return this.#clusters.get(key)
  }

  topics(): Iterable<Found<Topic>> {
    return this.#topics.values()
  }

  /** @param key `namespace/name` */
  topic(key: string): Found<Topic> | undefined {
    return this.#topics.get(key)
  }

  /** @param cluster `namespace/name` */
  *topicsOf(cluster: string): Generator<Found<Topic>> {
    for (const name of this.#byTopic.get(cluster)?.keys() ?? []) {
      yield* this.topicsCalled(cluster, name)
    }
  }

  /** The resources of one topic. @param cluster `namespace/name` */
  *topicsCalled(cluster: string, topicName: string): Generator<Found<Topic>> {
    for (const key of this.#byTopic.get(cluster)?.get(topicName) ?? []) {
      const topic = this.#topics.get(key)
      if (topic !== undefined) yield topic
    }
  }

  /** Whether a uid is that of a Topic which is there. */
  isThere(uid: string): boolean {
    return this.#uids.has(uid)
  }

  /** Something that a cluster is made of. @param key `namespace/name` */
  part<T extends KubeObject>(kind: string, key: string): T | undefined {
    return this.#parts.get(kind)?.get(key) as T | undefined
  }

  /** All of a kind that a cluster is made of. */
  partsOf<T extends KubeObject>(kind: string, { metadata }: KafkaCluster): T[] {
    const cluster = `${metadata.namespace}/${metadata.name}`
    const all = [...(this.#parts.get(kind)?.values() ?? [])]
    return all.filter((part) => clusterOf(part) === cluster) as T[]
  }

  #add<T extends KubeObject>(
    kube: KubeApi,
    kind: Kind,
    cache: ResourceCache<T>,
    selection: Selection,
  ): void {
    const watch: Watch<T> = kube.watch<T>(kind, selection, (delivery) => {
      cache.take(watch, selection.namespace, delivery)
      if (this.isComplete) this.#complete.resolve()
    })
    this.#watches.push(watch as never)
  }

  #hearTopic(event: CacheEvent<Found<Topic>>): void {
    const { object } = event
    const { uid } = object.metadata
    const cluster = clusterKeyOf(object)
    const byName = this.#byTopic.get(cluster) ?? new Map<string, Set<string>>()
    this.#byTopic.set(cluster, byName)
    const name = topicNameOf(object)
    const keys = byName.get(name) ?? new Set()
    byName.set(name, keys)
    if (event.type === 'applied') {
      keys.add(keyOf(object))
      this.#uids.add(uid)
    } else {
      // One of that name may be there again already.
      if (this.#topics.get(keyOf(object)) === undefined) keys.delete(keyOf(object))
      if (keys.size === 0) byName.delete(name)
      if (byName.size === 0) this.#byTopic.delete(cluster)
      this.#uids.delete(uid)
    }
    this.#follower?.topic(event)
  }

  #hearPart(object: KubeObject): void {
    const key = clusterOf(object)
    if (key !== undefined) this.#follower?.objectOf(key)
  }
}

/** Whether something else is wanted now: not where only a status was written. */
function isWanted(before: KubeObject, after: KubeObject): boolean {
  return !isSame(wantedOf(before), wantedOf(after))
}

function wantedOf({ metadata }: KubeObject) {
  const { uid, generation, deletionTimestamp, labels, annotations } = metadata
  return { uid, generation, deletionTimestamp, labels, annotations }
}

/** `namespace/name` of the cluster of an object that the operator made. */
function clusterOf({ metadata }: KubeObject): string | undefined {
  const name = metadata.labels?.[clusterLabel]
  return name === undefined ? undefined : `${metadata.namespace}/${name}`
}

/** What clusters are made of. Of most it only matters whether it is there, and whether somebody wrote it. */
const partKinds = {
  StatefulSet: 'whole',
  Pod: 'whole',
  PersistentVolumeClaim: 'whole',
  ServiceAccount: 'metadata',
  NetworkPolicy: 'metadata',
  Service: 'metadata',
  ConfigMap: 'metadata',
  PodDisruptionBudget: 'metadata',
} as const
