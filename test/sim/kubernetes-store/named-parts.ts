import { decodeBatch, type MetadataBatch } from '../../../broker/metadata/batch.ts'
import type { PartName } from '../../../operator/controller/store/kubernetes/head.ts'
import type { ClusterMetadataApi } from '../../support/cluster-metadata-api.ts'

/** What a head names. */
export type Named = {
  readonly segments?: readonly PartName[] | undefined
  readonly snapshot?: { readonly parts: readonly PartName[] } | undefined
}

/** Which of it is not there, if anything. */
export function missingFor(api: ClusterMetadataApi, { segments = [], snapshot }: Named) {
  const named = [...segments, ...(snapshot?.parts ?? [])].map(({ name }) => name)
  return named.find((name) => !api.objects.has(name))
}

/** What objects hold, one after the other. */
export function dataIn(api: ClusterMetadataApi, parts: readonly PartName[]): Uint8Array {
  return Buffer.concat(
    parts.map(({ name }) => Buffer.from(api.get(name).object?.spec.data ?? '', 'base64')),
  )
}

/** A large batch goes on from one segment into the next, so they are read as one. */
export function batchesIn(bytes: Uint8Array): MetadataBatch[] {
  const batches: MetadataBatch[] = []
  for (let at = 0; at < bytes.length; at += batches.at(-1)?.bytes.length ?? 0) {
    batches.push(decodeBatch(bytes, at))
  }
  return batches
}
