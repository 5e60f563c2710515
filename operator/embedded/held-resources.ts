import type { KafkaCluster } from '../api/kafka-cluster/kafka-cluster.ts'
import type { AnyResource } from '../api/kinds.ts'
import { clusterKeyOf } from '../api/topic/cluster-key.ts'
import type { Topic } from '../api/topic/topic.ts'
import { topicNameOf } from '../api/topic/topic-name.ts'
import type { ManifestEvent } from '../kube/directory/watch-manifests.ts'

export type Held<R extends AnyResource = AnyResource> = {
  readonly uid: string
  readonly resource: R
}

/** A topic whose resource was deleted. */
export type Released = Held<Topic> & {
  /** Its topic is to stay. */
  readonly isKept: boolean
  /** To be called once that is carried out. */
  readonly done: () => void
}

/** The resources that are there, and topics that were seen to be deleted. */
export class HeldResources {
  readonly #clusters = new Map<string, Held<KafkaCluster>>()
  readonly #topics = new Map<string, Held<Topic>>()
  /** Until that is carried out. */
  readonly #released = new Map<string, Released>()
  readonly #uids = new Set<string>()
  /** By cluster and name of the topic, the keys of those that are there: one, but for mistakes. */
  readonly #keysByName = new Map<string, Set<string>>()

  /** @param isKept Whether the topics of a cluster stay where their resources go. */
  take(event: ManifestEvent, isKept: (clusterKey: string) => boolean): void {
    const { key, uid, resource } = event
    const isApplied = event.type === 'Applied'
    if (isApplied) this.#uids.add(uid)
    else this.#uids.delete(uid)
    if (resource.kind === 'KafkaCluster') {
      if (isApplied) this.#clusters.set(key, { uid, resource })
      else this.#clusters.delete(key)
      return
    }
    const clusterKey = clusterKeyOf(resource)
    const name = `${clusterKey}/${topicNameOf(resource)}`
    const keys = this.#keysByName.get(name) ?? new Set()
    this.#keysByName.set(name, keys)
    if (event.type === 'Applied') {
      this.#topics.set(key, { uid, resource })
      this.#released.delete(key)
      keys.add(key)
    } else {
      this.#topics.delete(key)
      const done = () => event.done()
      this.#released.set(key, { uid, resource, isKept: isKept(clusterKey), done })
      keys.delete(key)
      if (keys.size === 0) this.#keysByName.delete(name)
    }
  }

  has(key: string): boolean {
    return this.#clusters.has(key) || this.#topics.has(key)
  }

  cluster(key: string): Held<KafkaCluster> | undefined {
    return this.#clusters.get(key)
  }

  topic(key: string): Held<Topic> | undefined {
    return this.#topics.get(key)
  }

  /** One that was deleted, which is not carried out yet. */
  released(key: string): Released | undefined {
    return this.#released.get(key)
  }

  forgetReleased(key: string): void {
    this.#released.delete(key)
  }

  /** Whether a uid is that of a resource which is there. */
  isThere(uid: string): boolean {
    return this.#uids.has(uid)
  }

  /** Keys of the resources that name a topic. @param clusterKey `namespace/name` */
  keysOfTopic(clusterKey: string, topicName: string): Iterable<string> {
    return this.#keysByName.get(`${clusterKey}/${topicName}`) ?? []
  }

  /** Keys of all topics of a cluster. */
  *topicKeys(clusterKey: string): Generator<string> {
    for (const [key, { resource }] of this.#topics) {
      if (clusterKeyOf(resource) === clusterKey) yield key
    }
  }

  *all(): Generator<readonly [key: string, resource: AnyResource]> {
    for (const [key, { resource }] of this.#clusters) yield [key, resource]
    for (const [key, { resource }] of this.#topics) yield [key, resource]
  }
}
