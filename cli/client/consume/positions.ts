import { ClientError } from '../client-error.ts'

/** Where to begin to read a partition: an end of it, or an offset. */
export type Start = 'earliest' | 'latest' | number

/** What a partition has: the first offset, and the one behind the last. */
export type Range = { readonly earliest: number; readonly latest: number }

/** Which offset comes next in each partition that is read. */
export class Positions {
  private readonly start: Start
  private readonly first: ReadonlySet<number>
  private readonly offsets = new Map<number, number>()
  private readonly lost = new Map<number, number>()

  /**
   * @param first The partitions that are there at the beginning. Others come into being meanwhile,
   *   so all that is in them is new.
   */
  constructor(start: Start, first: Iterable<number>) {
    this.start = start
    this.first = new Set(first)
  }

  /** Undefined until it has a place. */
  of(partition: number): number | undefined {
    return this.offsets.get(partition)
  }

  moveTo(partition: number, offset: number): void {
    this.offsets.set(partition, offset)
  }

  /** The partition does not have its offset: it was deleted by retention, or lost. */
  lose(partition: number): void {
    const offset = this.offsets.get(partition)
    if (offset === undefined) return
    this.offsets.delete(partition)
    this.lost.set(partition, offset)
  }

  /**
   * Gives a partition its place, at the beginning or after it was lost.
   *
   * @returns It.
   * @throws {ClientError} It has not the offset that was asked for, so that nothing else will do.
   */
  place(partition: number, { earliest, latest }: Range): number {
    const offset = this.placeIn(partition, { earliest, latest })
    this.lost.delete(partition)
    this.moveTo(partition, offset)
    return offset
  }

  private placeIn(partition: number, { earliest, latest }: Range): number {
    const lost = this.lost.get(partition)
    const wanted = lost ?? (this.first.has(partition) ? this.start : 'earliest')
    if (wanted === 'earliest') return earliest
    if (wanted === 'latest') return latest
    if (lost !== undefined || (wanted >= earliest && wanted <= latest)) {
      return Math.max(earliest, Math.min(wanted, latest))
    }
    const range = `${earliest} to ${latest}`
    throw new ClientError(`partition ${partition} has offsets ${range}, not ${wanted}`)
  }
}
