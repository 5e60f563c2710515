import { integer, list, object, string } from '../schema/fields.ts'
import { dnsSubdomain, kafkaUuid, sha256 } from '../schema/names.ts'
import { same } from '../schema/values.ts'

const optional = { optional: true } as const
const offset = (doc: string) => integer({ min: 0, doc })
const digest = (doc: string) => string({ pattern: sha256, maxLength: 43, doc })
// Without a pattern, which would cost an append to a head of 256 KiB 10 ms more.
const base64Length = (bytes: number) => 4 * Math.ceil(bytes / 3)

/** Larger ones go into segments of their own first, and take effect when the head names them. */
const maxBatchBytes = 64 * 1024
/** Of a segment or a part of a snapshot; etcd takes 1.5 MiB. */
const maxPartBytes = 512 * 1024

const name = string({ pattern: dnsSubdomain, maxLength: 253, doc: 'The name of the object.' })
const dataDigest = digest('SHA-256 of its data, before base64.')

const segment = object(
  {
    name,
    firstOffset: offset('The offset of its first record.'),
    endOffset: offset('The offset behind its last record.'),
    digest: dataDigest,
  },
  { doc: 'Older batches, in an object of their own.' },
)

const snapshot = object(
  {
    endOffset: offset('Up to where it holds the log.'),
    parts: list(object({ name, digest: dataDigest }, { doc: 'A part of it.' }), {
      key: 'name',
      minItems: 1,
      maxItems: 1_024,
      doc: 'The objects that it is in, in order.',
    }),
  },
  { ...optional, doc: 'The image that stands for everything before it.' },
)

export const clusterMetadataSpec = object(
  {
    formatVersion: integer({ min: 1, doc: 'What wrote it. A newer one than is known is refused.' }),
    type: string({
      enum: ['Head', 'Segment', 'Snapshot'],
      immutable: true,
      doc: 'The head, of which each cluster has one, or what it names: older batches, or a part of an image.',
    }),
    firstOffset: integer({
      min: 0,
      ...optional,
      doc: 'Of a segment: the offset of its first record.',
    }),
    endOffset: offset('The offset behind the last record that it holds.'),
    chain: string({
      pattern: sha256,
      maxLength: 43,
      ...optional,
      doc: 'SHA-256 of the chain before and of all that this write put here. Each write tests it.',
    }),
    writer: object(
      {
        epoch: integer({ min: 0, doc: 'The epoch of the controller.' }),
        incarnationId: string({
          pattern: kafkaUuid,
          maxLength: 22,
          doc: 'Tells controllers of one epoch apart.',
        }),
      },
      { ...optional, doc: 'Who wrote the head last.' },
    ),
    batches: list(string({ maxLength: base64Length(maxBatchBytes), doc: 'A record batch.' }), {
      maxItems: 4_096,
      ...optional,
      doc: 'The newest batches, in base64.',
    }),
    segments: list(segment, {
      key: 'name',
      maxItems: 4_096,
      ...optional,
      doc: 'Where the batches between the snapshot and those here are.',
    }),
    snapshot,
    data: string({
      maxLength: base64Length(maxPartBytes),
      ...optional,
      doc: 'What a segment or a part of a snapshot holds, in base64.',
    }),
  },
  { doc: "The store's own." },
  {
    always: [
      {
        reason: 'InvalidHead',
        says: 'must have chain, writer and batches, and no data, if it is a Head',
        cel: "self.type != 'Head' || has(self.chain) && has(self.writer) && has(self.batches) && !has(self.data)",
        holds: ({ type, chain, writer, batches, data }) =>
          type !== 'Head' || (allGiven(chain, writer, batches) && data === undefined),
      },
      {
        reason: 'InvalidPart',
        says: 'must have data, and nothing that only a Head has, if it is named by one',
        cel: "self.type == 'Head' || has(self.data) && !has(self.chain) && !has(self.writer) && !has(self.batches) && !has(self.segments) && !has(self.snapshot)",
        holds: ({ type, data, chain, writer, batches, segments, snapshot }) =>
          type === 'Head' ||
          (data !== undefined && noneGiven(chain, writer, batches, segments, snapshot)),
      },
    ],
    // What the store promises itself. It is held against it here too, since all else rests on it.
    onChange: [
      {
        reason: 'PartChangeForbidden',
        says: 'is written once, and never changed',
        cel: "self.type == 'Head' || self == oldSelf",
        holds: (now, old) => now.type === 'Head' || same(now, old),
      },
      {
        reason: 'SameChainForbidden',
        at: ['chain'],
        says: 'must be another one after each change of the head',
        cel: '!has(self.chain) || !has(oldSelf.chain) || self.chain != oldSelf.chain || self == oldSelf',
        holds: (now, old) => now.chain === undefined || now.chain !== old.chain || same(now, old),
      },
      {
        reason: 'EpochDecreaseForbidden',
        at: ['writer', 'epoch'],
        says: 'may rise, never fall',
        cel: '!has(self.writer) || !has(oldSelf.writer) || self.writer.epoch >= oldSelf.writer.epoch',
        holds: ({ writer }, old) => (writer?.epoch ?? 0) >= (old.writer?.epoch ?? 0),
        found: ({ writer }, old) => `${writer?.epoch} where it was ${old.writer?.epoch}`,
        foundCel: ['%d where it was %d', 'self.writer.epoch', 'oldSelf.writer.epoch'],
      },
      {
        reason: 'SnapshotDecreaseForbidden',
        at: ['snapshot'],
        says: 'may be replaced by one that ends later, never by an older one or none',
        cel: '!has(oldSelf.snapshot) || has(self.snapshot) && self.snapshot.endOffset >= oldSelf.snapshot.endOffset',
        holds: ({ snapshot }, { snapshot: old }) =>
          old === undefined || (snapshot !== undefined && snapshot.endOffset >= old.endOffset),
      },
      {
        reason: 'EndDecreaseForbidden',
        at: ['endOffset'],
        says: 'may rise, never fall',
        cel: 'self.endOffset >= oldSelf.endOffset',
        holds: ({ endOffset }, old) => endOffset >= old.endOffset,
        found: ({ endOffset }, old) => `${endOffset} where it was ${old.endOffset}`,
        foundCel: ['%d where it was %d', 'self.endOffset', 'oldSelf.endOffset'],
      },
    ],
  },
)

function allGiven(...values: readonly unknown[]): boolean {
  return values.every((value) => value !== undefined)
}

function noneGiven(...values: readonly unknown[]): boolean {
  return values.every((value) => value === undefined)
}
