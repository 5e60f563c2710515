import { sha256 } from '../../../../lib/sha256.ts'
import { StorageError } from '../../../../lib/storage-error.ts'
import { StoreError } from '../store-error.ts'
import type { NewObject } from './cluster-metadata-objects.ts'
import type { ClusterMetadataSpec, PartName } from './head.ts'
import { type Api, readObject } from './read-object.ts'

/** Of a segment or a part of a snapshot, before base64. etcd takes 1.5 MiB. */
export const maxPartBytes = 512 * 1024

/** A segment or part of a snapshot on its way: it is kept until the head names it. */
export type Part = {
  readonly digest: string
  readonly object: NewObject
  /** Whether a create was sent, whatever became of it. */
  wasSent: boolean
  /** How many interruptions there had been when it was last known to be there. */
  seenAt: number | undefined
}

export function partOf(object: NewObject, data: Uint8Array): Part {
  return { digest: sha256(data), object, wasSent: false, seenAt: undefined }
}

export function nameOf({ object, digest }: Part): PartName {
  return { name: object.metadata.name, digest }
}

/**
 * Makes sure that a part is there: it was acknowledged, or read back since anything happened to the
 * API that may have taken it away again (etcd was restored). It is always the same bytes under its
 * name, so that it does no harm to send them again.
 *
 * @throws {StoreError} NotAppended, where it was refused. Offline.
 */
export async function ensurePart(api: Api, part: Part): Promise<void> {
  const { objects, patience } = api
  for (let attempt = 0; part.seenAt !== objects.interruptions; ) {
    // Of before the call: what happens during it may hide behind its answer.
    const { interruptions } = objects
    if (part.wasSent && (await isThere(api, part))) {
      part.seenAt = interruptions
      continue
    }
    part.wasSent = true
    const outcome = await objects.create(part.object)
    patience.check()
    if (outcome.type === 'done') part.seenAt = interruptions
    if (outcome.type === 'refused') throw refused(part, outcome.why)
    if (outcome.type === 'unknown') await patience.pause(attempt++, outcome.why)
  }
}

/** Also where it was acknowledged. @throws {StoreError} NotAppended, Offline. */
export async function readBack(api: Api, part: Part): Promise<void> {
  await ensurePart(api, part)
  if (!(await isThere(api, part))) part.seenAt = undefined
  await ensurePart(api, part)
}

/** What an object holds, checked. @throws {StorageError} Untrusted. */
export function dataOf(
  name: string,
  { data = '' }: ClusterMetadataSpec,
  digest: string,
): Uint8Array {
  const bytes = Buffer.from(data, 'base64')
  if (sha256(bytes) === digest) return bytes
  throw new StorageError(
    'Untrusted',
    `ClusterMetadata ${name} does not hold what the log's head says`,
  )
}

async function isThere(api: Api, part: Part): Promise<boolean> {
  const { name, digest } = nameOf(part)
  const answer = await readObject(api, name)
  if (answer.type === 'missing') return false
  try {
    dataOf(name, answer.object.spec, digest)
    return true
  } catch (error) {
    throw refused(part, (error as Error).message)
  }
}

function refused({ object }: Part, why: string): StoreError {
  return new StoreError('NotAppended', `ClusterMetadata ${object.metadata.name}: ${why}`)
}
