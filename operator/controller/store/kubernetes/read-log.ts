import { decodeBatch, type MetadataBatch } from '../../../../broker/metadata/batch.ts'
import { applyBatch, emptyState, positionOf } from '../../../../broker/metadata/position.ts'
import { readSnapshot } from '../../../../broker/metadata/snapshot.ts'
import { StorageError } from '../../../../lib/storage-error.ts'
import type { OpenedLog } from '../metadata-store.ts'
import type { Head, PartName } from './head.ts'
import { readHead } from './head-writer.ts'
import { dataOf } from './parts.ts'
import { type Api, readObject } from './read-object.ts'

/**
 * Reads the head, and then what it names. Where some of that is missing the head has moved on
 * meanwhile: so from the beginning.
 *
 * @returns Undefined where there is no head.
 * @throws {StorageError} Untrusted, Foreign. {MetadataError} {StoreError} Offline.
 */
export async function readLog(
  api: Api,
  name: string,
): Promise<{ head: Head; opened: OpenedLog } | undefined> {
  let before: { head: Head; missing: string } | undefined
  for (;;) {
    const head = await readHead(api, name)
    if (head === undefined) return undefined
    if (before?.head.chain === head.chain) {
      const what = `${name} names ${before.missing}, which is not there`
      throw new StorageError('Untrusted', `ClusterMetadata ${what}: see kavka recover`)
    }
    const data = await readParts(api, [...(head.snapshot?.parts ?? []), ...head.segments])
    if (typeof data !== 'string') return { head, opened: openedLogOf(head, data) }
    before = { head, missing: data }
  }
}

/** @returns What each holds, by name; or the name of one that is missing. */
async function readParts(
  api: Api,
  parts: readonly PartName[],
): Promise<ReadonlyMap<string, Uint8Array> | string> {
  const data = new Map<string, Uint8Array>()
  for (const { name, digest } of parts) {
    const answer = await readObject(api, name)
    if (answer.type === 'missing') return name
    data.set(name, dataOf(name, answer.object.spec, digest))
  }
  return data
}

/** @throws {StorageError} Untrusted, {MetadataError} */
function openedLogOf(head: Head, data: ReadonlyMap<string, Uint8Array>): OpenedLog {
  const joined = (parts: readonly PartName[]) =>
    Buffer.concat(parts.map(({ name }) => data.get(name) as Uint8Array))
  const snapshotBytes = joined(head.snapshot?.parts ?? [])
  const snapshot =
    head.snapshot === undefined
      ? emptyState
      : { image: readSnapshot(snapshotBytes), offset: head.snapshot.endOffset }

  const batches = [...batchesIn(joined(head.segments)), ...head.batches.map(({ batch }) => batch)]
    // A segment may begin before the snapshot ends.
    .filter(({ nextOffset }) => nextOffset > snapshot.offset)
  const state = batches.reduce(applyBatch, snapshot)
  const { offset, epoch, incarnationId } = positionOf(state)
  const isAsSaid =
    offset === head.endOffset &&
    epoch === head.writer.epoch &&
    incarnationId === head.writer.incarnationId
  if (!isAsSaid) {
    const what = `ends at offset ${offset} in epoch ${epoch}`
    const said = `its head says ${head.endOffset} and ${head.writer.epoch}`
    throw new StorageError('Untrusted', `the metadata log ${what}, ${said}`)
  }
  return { snapshot, snapshotBytes: snapshotBytes.length, batches, state }
}

/** A large batch goes on from one segment into the next, so they are read as one. */
function batchesIn(bytes: Uint8Array): MetadataBatch[] {
  const batches: MetadataBatch[] = []
  for (let at = 0; at < bytes.length; ) {
    const batch = decodeBatch(bytes, at)
    batches.push(batch)
    at += batch.bytes.length
  }
  return batches
}
