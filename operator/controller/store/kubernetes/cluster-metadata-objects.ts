import type { ClusterMetadata } from '../../../api/cluster-metadata/cluster-metadata.ts'
import type { ResourceInputOf } from '../../../api/schema/resource.ts'

/**
 * What the store asks of the Kubernetes API: the ClusterMetadata objects of one namespace. What comes
 * of a call is a value, and it comes within seconds: a call without an answer is `unknown`. Nothing
 * is sent twice by itself, and reads are those of etcd (no `resourceVersion=0`, no cache, no watch).
 */
export type ClusterMetadataObjects = {
  get(name: string): Promise<Found | Missing | Unknown>
  create(object: NewObject): Promise<Done | Exists | Refused | Unknown>
  /**
   * JSON Patch (RFC 6902): all of it, or nothing where a `test` of it fails. It is not sent over a
   * connection that was made after the call began, but `unknown` then: what its caller knew to be
   * there may be gone.
   */
  patch(name: string, operations: readonly PatchOperation[]): Promise<PatchOutcome>
  /** Those with the label. Without their specs, which are megabytes. */
  list(label: { readonly name: string; readonly value: string }): Promise<Listed | Unknown>
  /**
   * On condition that it is still the one with this uid, and, as `patch`, over no connection that was
   * made since: what is of no use now may have been needed then. Whether it went is of no matter.
   */
  delete(name: string, uid: string): Promise<void>
  /**
   * Counts what may hide that the API server went back to an older state: calls of `unknown` outcome,
   * and connections that had to be made again.
   */
  readonly interruptions: number
}

export type PatchOutcome = Done | Conflict | Refused | Unknown
export type NewObject = ResourceInputOf<typeof ClusterMetadata>
export type PatchOperation = {
  readonly op: 'test' | 'add' | 'replace'
  readonly path: string
  readonly value: unknown
}

export type Found = { readonly type: 'found'; readonly object: ClusterMetadata }
export type Missing = { readonly type: 'missing' }
export type Done = { readonly type: 'done' }
export type Exists = { readonly type: 'exists' }
export type Listed = {
  readonly type: 'listed'
  readonly objects: readonly { readonly name: string; readonly uid: string }[]
}
/** This call changed nothing: most likely a `test` failed. An earlier one may have made it fail. */
export type Conflict = { readonly type: 'conflict'; readonly why: string }
/** It changed nothing, and never will, however often it is sent: our own mistake. */
export type Refused = { readonly type: 'refused'; readonly why: string }
/** It may have taken effect, or may still. */
export type Unknown = { readonly type: 'unknown'; readonly why: string }
