import type { Random } from '../../../lib/random.ts'
import type { Topic } from '../topic.ts'
import { murmur2 } from './murmur2.ts'

/** The partition of a key, as Kafka's own clients choose it: also one that has no leader now. */
export function partitionOfKey(key: Uint8Array, { partitions }: Topic): number {
  return (murmur2(key) & 0x7fffffff) % partitions.length
}

/** Gives records without keys to one partition for a batch, then to the next one that is led. */
export class StickyPartitioner {
  private readonly random: Random
  private current: number | undefined

  constructor(random: Random) {
    this.random = random
  }

  /** @param fits Whether the batch that a partition has begun takes the record. */
  choose({ partitions }: Topic, fits: (partition: number) => boolean): number {
    if (this.current !== undefined && fits(this.current)) return this.current
    const led = partitions.filter(({ leader }) => leader !== undefined)
    const ids = (led.length > 0 ? led : partitions).map(({ id }) => id)
    this.current = this.after(ids)
    return this.current
  }

  private after(ids: readonly number[]): number {
    const { current } = this
    if (current === undefined) return ids[this.random.below(ids.length)] as number
    return ids.find((id) => id > current) ?? (ids[0] as number)
  }
}
