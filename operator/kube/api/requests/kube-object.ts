/** What every object in Kubernetes has. */
export type KubeObject = {
  /** Both are missing from the items of a list. */
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: ObjectMeta
}

export type ObjectMeta = {
  readonly name: string
  readonly namespace?: string
  readonly uid: string
  /** Opaque but for its order, which numbers have (KEP-5504). */
  readonly resourceVersion: string
  readonly generation?: number
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly ownerReferences?: readonly OwnerReference[]
}

export type OwnerReference = {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller?: boolean
  readonly blockOwnerDeletion?: boolean
}

/** An object as it is written: the API server fills in the rest. */
export type KubeObjectInput = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name?: string
    readonly generateName?: string
    readonly namespace?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
    readonly ownerReferences?: readonly OwnerReference[]
  }
  /** `spec` and whatever else the kind has. */
  readonly [field: string]: unknown
}

/** One page of a list, or all of it. */
export type ObjectList<T> = {
  /** A watch from here misses nothing. */
  readonly version: string
  readonly items: readonly T[]
}

/** One operation of a JSON patch (RFC 6902). */
export type JsonPatchOperation =
  | { readonly op: 'test' | 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }
