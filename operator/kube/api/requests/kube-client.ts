import { type Answer, failed, succeeded } from './answer.ts'
import type { ApiRequest, AskOptions, Connection } from './connection.ts'
import type { JsonPatchOperation, KubeObject, KubeObjectInput, ObjectList } from './kube-object.ts'
import { collectionPath, type Kind, objectPath, type Place, type Query } from './paths.ts'

/** Who changes fields, as `metadata.managedFields` says it. There is one, so it owns all that it writes. */
const fieldManager = 'kavka'

/** What to list or watch. */
export type Selection = {
  /** Left out: all namespaces. */
  readonly namespace?: string | undefined
  readonly labelSelector?: string | undefined
  readonly fieldSelector?: string | undefined
  /** The answer has metadata only. */
  readonly metadataOnly?: boolean | undefined
}

/** What is left out of `timeoutMs` is the client's. */
export type RequestOptions = Partial<AskOptions> & {
  /**
   * The answer has no spec and no status: for a large object it comes sooner. Of a list it spares
   * both sides most of the bytes.
   */
  readonly metadataOnly?: boolean
}

/**
 * The verbs of an API server over one kind of traffic. Each is one request, never tried again: what
 * an `unknown` outcome means only its caller can tell.
 */
export class KubeClient {
  readonly #connection: Connection
  readonly #timeoutMs: number

  /** @param timeoutMs For an answer, where the caller says nothing else. */
  constructor(connection: Connection, timeoutMs: number) {
    this.#connection = connection
    this.#timeoutMs = timeoutMs
  }

  /**
   * Counts what may hide that the API server went back to an older state: outcomes that are unknown,
   * and connections that were made.
   */
  get interruptions(): number {
    return this.#connection.interruptions
  }

  get<T = KubeObject>(kind: Kind, place: Place, options?: RequestOptions): Promise<Answer<T>> {
    return this.#ask({ verb: 'get', method: 'GET', path: objectPath(kind, place) }, options)
  }

  /** @returns All objects as they were at one moment. They may come in many answers, each with a deadline. */
  async list<T = KubeObject>(
    kind: Kind,
    selection: Selection,
    options: Omit<RequestOptions, 'metadataOnly'> = {},
  ): Promise<Answer<ObjectList<T>>> {
    const items: T[] = []
    let next: string | undefined
    for (;;) {
      const page: Answer<Page<T>> = await this.listPage(kind, selection, next, options)
      if (!page.ok) return page
      items.push(...page.value.items)
      next = page.value.next
      if (next === undefined) return succeeded({ version: page.value.version, items })
    }
  }

  /** @param page What the page before said that comes next. `gone`: that was too long ago. */
  async listPage<T = KubeObject>(
    kind: Kind,
    { namespace, labelSelector, fieldSelector, metadataOnly = false }: Selection,
    page: string | undefined,
    { limit = pageObjects, ...options }: { timeoutMs?: number; limit?: number } = {},
  ): Promise<Answer<Page<T>>> {
    const query = { limit, continue: page, labelSelector, fieldSelector }
    const answer = await this.#connection.ask<ListBody<T>>(
      {
        verb: 'list',
        method: 'GET',
        path: collectionPath(kind, namespace, query),
        ...(metadataOnly ? { accept: metadataOf('PartialObjectMetadataList') } : {}),
      },
      { timeoutMs: options.timeoutMs ?? this.#timeoutMs },
    )
    if (!answer.ok) return failed(answer.failure)
    const { metadata, items } = answer.value
    // An empty one is the end as well.
    const next = metadata.continue || undefined
    return succeeded({ version: metadata.resourceVersion, items: items ?? [], next })
  }

  /** Makes it, or makes its fields what is said; what kavka wrote before and leaves out now is removed. */
  apply<T = KubeObject>(
    kind: Kind,
    place: Place,
    object: KubeObjectInput,
    {
      force = false,
      ...options
    }: RequestOptions & {
      /** Takes fields from others who own them. Left out: a conflict tells who they are. */
      readonly force?: boolean
    } = {},
  ): Promise<Answer<T>> {
    const query = force ? { force } : {}
    return this.#patch(kind, place, 'application/apply-patch+yaml', object, options, query)
  }

  /** All operations, or none if one does not fit: then `invalid` without causes. */
  jsonPatch<T = KubeObject>(
    kind: Kind,
    place: Place,
    operations: readonly JsonPatchOperation[],
    options?: RequestOptions,
  ): Promise<Answer<T>> {
    return this.#patch(kind, place, 'application/json-patch+json', operations, options)
  }

  /** A `resourceVersion` in the metadata of `patch` makes it a `conflict` where somebody wrote since. */
  mergePatch<T = KubeObject>(
    kind: Kind,
    place: Place,
    patch: object,
    options?: RequestOptions,
  ): Promise<Answer<T>> {
    return this.#patch(kind, place, 'application/merge-patch+json', patch, options)
  }

  create<T = KubeObject>(
    kind: Kind,
    namespace: string | undefined,
    object: KubeObjectInput,
    options?: RequestOptions,
  ): Promise<Answer<T>> {
    const path = collectionPath(kind, namespace, { fieldManager })
    const body = JSON.stringify(object)
    return this.#ask({ verb: 'create', method: 'POST', path, body }, options)
  }

  /**
   * Deletes the object of that uid and no other: one that was made anew under its name is a `conflict`.
   *
   * @param resourceVersion If somebody wrote since, that is a `conflict` too.
   * @param gracePeriodSeconds For a pod to stop in. Left out: what it says itself.
   */
  async delete(
    kind: Kind,
    place: Place,
    {
      uid,
      resourceVersion,
      gracePeriodSeconds,
      propagationPolicy = 'Background',
      ...options
    }: RequestOptions & {
      readonly uid: string
      readonly resourceVersion?: string | undefined
      readonly gracePeriodSeconds?: number
      readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan'
    },
  ): Promise<Answer<void>> {
    const preconditions = { uid, resourceVersion }
    const asked = { preconditions, gracePeriodSeconds, propagationPolicy }
    const path = objectPath(kind, place)
    const body = JSON.stringify(asked)
    const answer = await this.#ask({ verb: 'delete', method: 'DELETE', path, body }, options)
    return answer.ok ? succeeded(undefined) : answer
  }

  /** @returns Lines of JSON, until the API server ends them or `signal` is aborted. */
  watch(
    kind: Kind,
    { namespace, labelSelector, fieldSelector, metadataOnly = false }: Selection,
    version: string,
    signal: AbortSignal,
  ): Promise<Answer<AsyncIterable<Uint8Array>>> {
    const path = collectionPath(kind, namespace, {
      watch: true,
      resourceVersion: version,
      allowWatchBookmarks: true,
      labelSelector,
      fieldSelector,
    })
    const accept = metadataOnly ? { accept: metadataOf('PartialObjectMetadata') } : {}
    const asked = { verb: 'watch', method: 'GET', path, ...accept } as const
    return this.#connection.open(asked, this.#timeoutMs, signal)
  }

  close(): Promise<void> {
    return this.#connection.close()
  }

  #patch<T>(
    kind: Kind,
    place: Place,
    contentType: string,
    content: object,
    options?: RequestOptions,
    query: Query = {},
  ): Promise<Answer<T>> {
    const path = objectPath(kind, place, { fieldManager, ...query })
    const body = JSON.stringify(content)
    return this.#ask({ verb: 'patch', method: 'PATCH', path, contentType, body }, options)
  }

  #ask<T>(
    asked: ApiRequest,
    { metadataOnly = false, ...options }: RequestOptions = {},
  ): Promise<Answer<T>> {
    const accept = metadataOnly ? { accept: metadataOf('PartialObjectMetadata') } : {}
    const asking = { timeoutMs: this.#timeoutMs, ...options }
    return this.#connection.ask<T>({ ...asked, ...accept }, asking)
  }
}

export type Page<T> = ObjectList<T> & { readonly next: string | undefined }

/** Parsing one stops everything else for 12 ms at most. */
const pageObjects = 500

type ListBody<T> = {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string }
  readonly items: readonly T[] | null
}

function metadataOf(kind: string): string {
  return `application/json;as=${kind};g=meta.k8s.io;v=v1`
}
