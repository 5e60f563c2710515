import { sha256 } from '../../../../lib/sha256.ts'
import type { PatchOperation } from './cluster-metadata-objects.ts'
import type { Head, HeadBatch, SegmentName, SnapshotName, Writer } from './head.ts'

/** What one update of the head puts there. */
export type HeadWrite = {
  /** Of the store, new each time it is opened: no two of them ever make the same chain. */
  readonly storeId: string
  readonly writer: Writer
  readonly endOffset: number
  readonly batch?: HeadBatch
  /** What was copied out of `batches`, and a batch too large for the head. */
  readonly segments: readonly SegmentName[]
  readonly snapshot?: SnapshotName
}

/** The head after a write: what segments hold now and what the snapshot covers is left out. */
export function nextHead(head: Head, write: HeadWrite): Head {
  const { writer, endOffset } = write
  const snapshot = write.snapshot ?? head.snapshot
  const covered = snapshot?.endOffset ?? 0
  const segments = [...head.segments, ...write.segments]
  const inSegments = segments.at(-1)?.endOffset ?? 0
  const batches = write.batch === undefined ? head.batches : [...head.batches, write.batch]
  return {
    endOffset,
    chain: nextChain(head.chain, write),
    writer,
    batches: batches.filter(({ batch }) => batch.nextOffset > Math.max(covered, inSegments)),
    segments: segments.filter((segment) => segment.endOffset > covered),
    snapshot,
  }
}

/** Of everything the write puts there; the chain before stands for all that was there. */
function nextChain(chain: string, write: HeadWrite): string {
  const { storeId, writer, endOffset, batch, segments, snapshot } = write
  const put = [
    [storeId, writer.epoch, writer.incarnationId, endOffset, batch?.base64 ?? null],
    segments.map(({ name, digest, firstOffset, endOffset }) => {
      return [name, digest, firstOffset, endOffset]
    }),
    snapshot === undefined ? null : [snapshot.endOffset, snapshot.parts.map(digestOf)],
  ]
  return sha256(JSON.stringify([chain, put]))
}

/** On condition that the chain is the one that was read; only what differs is sent. */
export function patchOf(from: Head, to: Head): PatchOperation[] {
  return [
    { op: 'test', path: '/spec/chain', value: from.chain },
    replace('chain', to.chain),
    replace('endOffset', to.endOffset),
    replace('writer', to.writer),
    ...listPatch('batches', from.batches.map(base64Of), to.batches.map(base64Of)),
    ...listPatch('segments', from.segments, to.segments),
    ...(to.snapshot === from.snapshot
      ? []
      : [{ op: 'add', path: '/spec/snapshot', value: to.snapshot } as const]),
  ]
}

/** About what etcd keeps of it. */
export function headSizeOf({ batches, segments, snapshot }: Head): number {
  const names = segments.length + (snapshot?.parts.length ?? 0)
  return batches.reduce((sum, { base64 }) => sum + base64.length, 1000 + 250 * names)
}

function listPatch(field: string, from: readonly unknown[], to: readonly unknown[]) {
  if (!from.every((item, index) => item === to[index])) return [replace(field, to)]
  const path = `/spec/${field}/-`
  return to.slice(from.length).map((value): PatchOperation => ({ op: 'add', path, value }))
}

const replace = (field: string, value: unknown): PatchOperation => {
  return { op: 'replace', path: `/spec/${field}`, value }
}
const base64Of = ({ base64 }: HeadBatch) => base64
const digestOf = ({ name, digest }: { name: string; digest: string }) => [name, digest]
