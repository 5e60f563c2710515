import { decodeBatch, type MetadataBatch } from '../../../../broker/metadata/batch.ts'
import { StorageError } from '../../../../lib/storage-error.ts'
import type { clusterMetadataSpec } from '../../../api/cluster-metadata/spec.ts'
import type { FieldRead } from '../../../api/schema/fields.ts'

/** The one object that every append changes, as it was read or written last. */
export type Head = {
  readonly endOffset: number
  readonly chain: string
  readonly writer: Writer
  /** The newest batches. */
  readonly batches: readonly HeadBatch[]
  /** Where the batches between the snapshot and `batches` are, in order and without a gap. */
  readonly segments: readonly SegmentName[]
  readonly snapshot: SnapshotName | undefined
}
export type Writer = { readonly epoch: number; readonly incarnationId: string }
export type HeadBatch = { readonly batch: MetadataBatch; readonly base64: string }
export type PartName = { readonly name: string; readonly digest: string }
export type SegmentName = PartName & { readonly firstOffset: number; readonly endOffset: number }
export type SnapshotName = { readonly endOffset: number; readonly parts: readonly PartName[] }

export type ClusterMetadataSpec = FieldRead<typeof clusterMetadataSpec>

export const formatVersion = 1

export function headName(cluster: string): string {
  return `${cluster}-log`
}

export function headBatchOf(batch: MetadataBatch): HeadBatch {
  return { batch, base64: Buffer.from(batch.bytes).toString('base64') }
}

/** How large its batches are, before base64. */
export function batchBytesOf({ batches }: Head): number {
  return batches.reduce((sum, { batch }) => sum + batch.bytes.length, 0)
}

export function specOf({ batches, snapshot, ...head }: Head): ClusterMetadataSpec {
  return {
    formatVersion,
    type: 'Head',
    ...head,
    batches: batches.map(({ base64 }) => base64),
    ...(snapshot === undefined ? {} : { snapshot }),
  }
}

/**
 * @param name Of the object, for who has to look at it.
 * @throws {StorageError} Foreign, Untrusted.
 * @throws {MetadataError} For a batch that cannot be read.
 */
export function headOf(name: string, spec: ClusterMetadataSpec): Head {
  if (spec.formatVersion !== formatVersion) {
    const what = `ClusterMetadata ${name} has format version ${spec.formatVersion}`
    throw new StorageError('Foreign', `${what}, only ${formatVersion} is known`)
  }
  const { endOffset, chain, writer, batches, segments = [], snapshot } = spec
  if (chain === undefined || writer === undefined || batches === undefined) {
    throw new StorageError('Untrusted', `ClusterMetadata ${name} is not the head of a metadata log`)
  }
  const decoded = batches.map((base64) => {
    return { batch: decodeBatch(Buffer.from(base64, 'base64')), base64 }
  })
  return { endOffset, chain, writer, batches: decoded, segments, snapshot }
}
