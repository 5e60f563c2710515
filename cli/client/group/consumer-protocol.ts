import { decode } from '../../../broker/protocol/codec/codec.ts'
import { cursorBehindVersion, encodeVersioned } from '../../../broker/protocol/codec/versioned.ts'
import {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
} from '../../../broker/protocol/generated/groups.ts'
import { ProtocolError } from '../../../broker/protocol/protocol-error.ts'
import { ClientError } from '../client-error.ts'

/*
 * What members of a group of consumers tell each other, in bytes that the coordinator passes on. We
 * write version 0. Newer ones begin like it, so it is also what we read of them.
 */

export type TopicPartitions = { readonly topic: string; readonly partitions: readonly number[] }

/** The topics that a member wants to read. */
export function subscriptionTo(topics: readonly string[]): Uint8Array {
  return encodeVersioned(ConsumerProtocolSubscription, 0, { topics: [...topics] })
}

/** What cannot be read subscribes to nothing, as in Kafka's coordinator. */
export function topicsOf(subscription: Uint8Array): string[] {
  try {
    return decode(ConsumerProtocolSubscription, 0, cursorBehindVersion(subscription)).topics
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
  return encodeVersioned(ConsumerProtocolAssignment, 0, { assignedPartitions })
}

/**
 * @param assignment Of no bytes where the leader left the member out: that is nothing to read.
 * @throws {ClientError} The leader sent something else.
 */
export function partitionsOf(assignment: Uint8Array, topic: string): number[] {
  if (assignment.length === 0) return []
  try {
    const { assignedPartitions } = decode(
      ConsumerProtocolAssignment,
      0,
      cursorBehindVersion(assignment),
    )
    return assignedPartitions.flatMap((one) => (one.topic === topic ? one.partitions : []))
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    const message = `the leader of the group shares out partitions in other words: ${error.message}`
    throw new ClientError(message, { cause: error })
  }
}
