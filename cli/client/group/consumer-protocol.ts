import { decode, encode } from '../../../broker/protocol/codec/codec.ts'
import {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
} from '../../../broker/protocol/generated/groups.ts'
import { ProtocolError } from '../../../broker/protocol/protocol-error.ts'
import { ClientError } from '../client-error.ts'

/*
 * What members of a group of consumers tell each other, in bytes that the coordinator passes on: a
 * version in two bytes, then the message. We write version 0. Newer ones begin like it, so it is also
 * what we read of them.
 */

export type TopicPartitions = { readonly topic: string; readonly partitions: readonly number[] }

/** The topics that a member wants to read. */
export function subscriptionTo(topics: readonly string[]): Uint8Array {
  const parts = encode(ConsumerProtocolSubscription, 0, { topics: [...topics] })
  return Buffer.concat([version0, ...(parts as Uint8Array[])])
}

/** What cannot be read subscribes to nothing, as in Kafka's coordinator. */
export function topicsOf(subscription: Uint8Array): string[] {
  try {
    return decode(ConsumerProtocolSubscription, 0, behindVersion(subscription)).topics
  } catch (error) {
    if (error instanceof ProtocolError) return []
    throw error
  }
}

/** The partitions that a member is to read. */
export function assignmentOf(assigned: readonly TopicPartitions[]): Uint8Array {
  const assignedPartitions = assigned.map(({ topic, partitions }) => {
    return { topic, partitions: [...partitions] }
  })
  const parts = encode(ConsumerProtocolAssignment, 0, { assignedPartitions })
  return Buffer.concat([version0, ...(parts as Uint8Array[])])
}

/**
 * @param assignment Of no bytes where the leader left the member out: that is nothing to read.
 * @throws {ClientError} The leader sent something else.
 */
export function partitionsOf(assignment: Uint8Array, topic: string): number[] {
  if (assignment.length === 0) return []
  try {
    const { assignedPartitions } = decode(ConsumerProtocolAssignment, 0, behindVersion(assignment))
    return assignedPartitions.flatMap((one) => (one.topic === topic ? one.partitions : []))
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    const message = `the leader of the group shares out partitions in other words: ${error.message}`
    throw new ClientError(message, { cause: error })
  }
}

const version0 = Buffer.from([0, 0])

function behindVersion(bytes: Uint8Array): Uint8Array {
  if (bytes.length < 2) throw new ProtocolError('Truncated', 'there is no version')
  return bytes.subarray(2)
}
