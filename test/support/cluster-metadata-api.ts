import { ClusterMetadata } from '../../operator/api/cluster-metadata/cluster-metadata.ts'
import { checkResource } from '../../operator/api/schema/resource.ts'
import type {
  NewObject,
  PatchOperation,
} from '../../operator/controller/store/kubernetes/cluster-metadata-objects.ts'

/** An HTTP answer of an API server: the status code, and the `Status` object if it was none of ours. */
export type ApiAnswer = { readonly code: number; readonly status?: ApiStatus }
type ApiStatus = {
  readonly message?: string
  readonly reason?: string
  readonly details?: { readonly causes?: readonly unknown[] }
}

/** etcd with its revisions, at one moment. */
export type Backup = {
  readonly objects: ReadonlyMap<string, ClusterMetadata>
  readonly revision: number
}

/**
 * The ClusterMetadata objects of one namespace as an API server keeps them: it answers as one does, at
 * once, and whoever wants faults puts them in between.
 */
export class ClusterMetadataApi {
  objects: ReadonlyMap<string, ClusterMetadata> = new Map()
  /** Holds each write against sizes, the schema and its rules. It takes far longer. */
  readonly #isStrict: boolean
  #revision = 0
  #uids = 0

  constructor({ isStrict = true }: { isStrict?: boolean } = {}) {
    this.#isStrict = isStrict
  }

  get(name: string): ApiAnswer & { readonly object?: ClusterMetadata } {
    const object = this.objects.get(name)
    return object === undefined ? status(404, 'NotFound') : { code: 200, object }
  }

  create(object: NewObject): ApiAnswer {
    const { name } = object.metadata
    if (this.objects.has(name)) return status(409, 'AlreadyExists')
    const uid = `uid-${++this.#uids}`
    return this.#put({ ...object, metadata: { namespace: 'default', ...object.metadata, uid } })
  }

  patch(name: string, operations: readonly PatchOperation[]): ApiAnswer {
    const before = this.objects.get(name)
    if (before === undefined) return status(404, 'NotFound')
    if (this.#isStrict && JSON.stringify(operations).length > 3 * 1024 * 1024)
      return status(413, '')
    const after = patched(before, operations)
    // A `test` that failed, and a path that is not there: it does not say which.
    if (after === undefined) return status(422, 'Invalid', { details: {} })
    return this.#put(after, before)
  }

  list(label: { name: string; value: string }): { name: string; uid: string }[] {
    return [...this.objects.values()]
      .filter(({ metadata }) => metadata.labels?.[label.name] === label.value)
      .map(({ metadata }) => ({ name: metadata.name, uid: metadata.uid as string }))
  }

  /** @param uid Undefined: without a precondition. */
  delete(name: string, uid?: string): ApiAnswer {
    const object = this.objects.get(name)
    if (object === undefined) return status(404, 'NotFound')
    if (uid !== undefined && object.metadata.uid !== uid) return status(409, 'Conflict')
    const objects = new Map(this.objects)
    objects.delete(name)
    this.objects = objects
    this.#revision++
    return { code: 200 }
  }

  backup(): Backup {
    return { objects: this.objects, revision: this.#revision }
  }

  /** What was written since is gone, and its revisions will be given out a second time. */
  restore({ objects, revision }: Backup): void {
    this.objects = objects
    this.#revision = revision
  }

  #put(object: ClusterMetadata, old?: ClusterMetadata): ApiAnswer {
    const problems = this.#isStrict ? checkResource(ClusterMetadata, object, { old }) : []
    if (problems.length > 0) {
      const message = problems.map((problem) => JSON.stringify(problem)).join('; ')
      return status(422, 'Invalid', { message, details: { causes: problems } })
    }
    if (this.#isStrict && JSON.stringify(object).length > 1536 * 1024) {
      return status(500, '', { message: 'etcdserver: request is too large' })
    }
    const resourceVersion = String(++this.#revision)
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion } }
    this.objects = new Map(this.objects).set(object.metadata.name, stored)
    return { code: old === undefined ? 201 : 200 }
  }
}

function status(code: number, reason: string, more: ApiAnswer['status'] = {}): ApiAnswer {
  return { code, status: { reason, ...more } }
}

/** JSON Patch of what lies in the spec. @returns Undefined where it does not fit. */
function patched(
  object: ClusterMetadata,
  operations: readonly PatchOperation[],
): ClusterMetadata | undefined {
  const spec: Record<string, unknown> = { ...object.spec }
  for (const { op, path, value } of operations) {
    const [, field, end] = /^\/spec\/([A-Za-z]+)(\/-)?$/.exec(path) ?? []
    if (field === undefined) return undefined
    const before = spec[field]
    if (op === 'test') {
      if (JSON.stringify(before) !== JSON.stringify(value)) return undefined
    } else if (end !== undefined) {
      if (op !== 'add' || !Array.isArray(before)) return undefined
      spec[field] = [...(before as unknown[]), value]
    } else {
      if (op === 'replace' && before === undefined) return undefined
      spec[field] = value
    }
  }
  return { ...object, spec: spec as ClusterMetadata['spec'] }
}
