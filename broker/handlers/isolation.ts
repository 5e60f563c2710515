import type { Isolation } from '../partition/partition.ts'

/** By Kafka's number. */
export function isolationOf(isolationLevel: number): Isolation {
  return isolationLevel === 1 ? 'read_committed' : 'read_uncommitted'
}
