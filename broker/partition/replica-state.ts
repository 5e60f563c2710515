import type { PartitionImage } from '../metadata/partition-table.ts'

/**
 * Where all before it counts as written by this broker itself: what is in its log, or what its disk
 * has, where the topic is flushed always.
 */
export function ownEndOffset(log: {
  readonly logEndOffset: number
  readonly flushedEndOffset: number
  readonly config: { readonly flush: 'PageCache' | 'Always' }
}): number {
  if (log.config.flush === 'PageCache') return log.logEndOffset
  return Math.min(log.logEndOffset, log.flushedEndOffset)
}

/**
 * How many replicas must be in sync for acks=all: `min.insync.replicas`, but not more than there are,
 * as in Kafka since KIP-966.
 */
export function effectiveMinIsr(
  { replicas }: Pick<PartitionImage, 'replicas'>,
  minInsyncReplicas: number,
): number {
  return Math.min(minInsyncReplicas, replicas.length)
}
