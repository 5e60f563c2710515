import { sha256 } from '../../lib/sha256.ts'

/**
 * Kafka's id of the cluster of a KafkaCluster: 16 bytes that follow from its uid, so that whoever
 * begins its metadata log, and however often, gives it the same one.
 */
export function clusterIdOf(uid: string): string {
  for (let attempt = 0; ; attempt++) {
    const hash = Buffer.from(sha256(`${uid}/${attempt}`), 'base64url')
    const id = hash.subarray(0, 16).toString('base64url')
    if (!id.startsWith('-')) return id // tools take it for an option
  }
}
