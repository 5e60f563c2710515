import { type Clock, sleep } from '../lib/clock.ts'
import type { MetadataImage } from './metadata/image.ts'

/**
 * Serves on for a moment after others lead what was led here: who asks hears of them (KIP-951), and goes there at
 * once. Whoever loses the connection instead, with nothing under way, may look for another leader only with its
 * next look at all topics: librdkafka was seen to wait for 0.7 s, and then longer and longer before it connects to here.
 *
 * @param timesSent How often a client was told that what it wants is not led here.
 */
export async function sendAway(clock: Clock, timesSent: () => number): Promise<void> {
  const endMs = clock.monotonicMs() + mostMs
  let before = timesSent()
  for (let quietMs = 0; quietMs < quietEnoughMs && clock.monotonicMs() < endMs; ) {
    await sleep(clock, stepMs)
    const now = timesSent()
    quietMs = now === before ? quietMs + stepMs : 0
    before = now
  }
}

/** Whether a broker leads something that another one could lead. */
export function canHandOver(image: MetadataImage, nodeId: number): boolean {
  const others = [...image.brokers.values()].filter(({ id, fenced }) => id !== nodeId && !fenced)
  if (others.length === 0) return false
  for (const { partitions } of image.topics.values()) {
    for (let index = 0; index < partitions.count; index++) {
      if (partitions.leader(index) === nodeId) return true
    }
  }
  return false
}

/** A producer that sends something each tenth of a second has asked once by then. */
export const quietEnoughMs = 150
const mostMs = 1_000
const stepMs = 25
