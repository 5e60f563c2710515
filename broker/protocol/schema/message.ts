import type { Fields, ReadOf, WriteOf } from './fields.ts'

/** Where a message is met: on the wire, in its header, or in a log, a snapshot or a checkpoint. */
export type MessageKind = 'request' | 'response' | 'header' | 'record' | 'data'

/** One message of Kafka's in all its versions. */
export type Message<F extends Fields = Fields> = {
  /** Kafka's own name, such as `FetchRequest` or `PartitionRecord`. */
  readonly name: string
  readonly kind: MessageKind
  /** The API's key of a request or response, the record's type of a record. */
  readonly apiKey?: number
  /** First and last version, both inclusive. */
  readonly versions: readonly [number, number]
  /** First version with compact types and tag sections (KIP-482). Left out: none. */
  readonly flexibleSince?: number
  readonly fields: F
}

/** A message as read: every field is there, whatever the version. */
export type MessageOf<M extends Message> = ReadOf<M['fields']>

/** A message as written: what has a default, or is not in every version, may be left out. */
export type InputOf<M extends Message> = WriteOf<M['fields']>

/** Declares one message. The tables in generated/ are made of these. */
export const message = <const F extends Fields>(definition: Message<F>): Message<F> => definition

export function isFlexible(type: Message, version: number): boolean {
  return type.flexibleSince !== undefined && version >= type.flexibleSince
}
