import type { KubeObject } from '../kube/api/requests/kube-object.ts'
import type { Delivery } from '../kube/api/watch/watch.ts'
import { keyOf } from './kinds.ts'

/** What was heard of objects of one kind. */
export type CacheEvent<T> =
  /** It is there, or it changed. */
  | { readonly type: 'applied'; readonly object: T }
  /** It was seen to be deleted. */
  | { readonly type: 'deleted'; readonly object: T }
  /** It is not there any more, and nobody saw how it went: that is no deletion. */
  | { readonly type: 'missing'; readonly object: T }

/** All objects of one kind in the namespaces that are watched, as they were heard of last. */
export class ResourceCache<T extends KubeObject> {
  readonly #objects = new Map<string, T>()
  readonly #hear: (event: CacheEvent<T>) => void
  readonly #isNews: (before: T, after: T) => boolean
  /** Of the watches that feed it, how many have listed. */
  readonly #listed = new Set<object>()

  /** @param isNews Whether a change is to be told: what we wrote ourselves is not. */
  constructor(
    hear: (event: CacheEvent<T>) => void,
    isNews: (before: T, after: T) => boolean = () => true,
  ) {
    this.#hear = hear
    this.#isNews = isNews
  }

  get(key: string): T | undefined {
    return this.#objects.get(key)
  }

  values(): IterableIterator<T> {
    return this.#objects.values()
  }

  /** How many of the watches that feed it have told all that there is. */
  get listed(): number {
    return this.#listed.size
  }

  /**
   * @param watch Which of several watches tells it.
   * @param namespace The one that it watches; undefined: all.
   */
  take(watch: object, namespace: string | undefined, delivery: Delivery<T>): void {
    if (delivery.type === 'listed') this.#list(watch, namespace, delivery.objects)
    else if (delivery.type === 'applied') this.#apply(delivery.object)
    else {
      this.#objects.delete(keyOf(delivery.object))
      this.#hear(delivery)
    }
  }

  #list(watch: object, namespace: string | undefined, objects: readonly T[]): void {
    this.#listed.add(watch)
    const there = new Set(objects.map((object) => keyOf(object)))
    for (const [key, object] of this.#objects) {
      if (there.has(key)) continue
      if (namespace !== undefined && object.metadata.namespace !== namespace) continue
      this.#objects.delete(key)
      this.#hear({ type: 'missing', object })
    }
    for (const object of objects) this.#apply(object)
  }

  #apply(object: T): void {
    const key = keyOf(object)
    const before = this.#objects.get(key)
    if (before?.metadata.resourceVersion === object.metadata.resourceVersion) return
    this.#objects.set(key, object)
    // One of that name was deleted and made anew between two lists: nobody saw the deletion.
    if (before !== undefined && before.metadata.uid !== object.metadata.uid) {
      this.#hear({ type: 'missing', object: before })
    }
    if (before === undefined || this.#isNews(before, object))
      this.#hear({ type: 'applied', object })
  }
}
