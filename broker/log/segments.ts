import { invariant } from '../../lib/invariant.ts'
import type { Segment } from './segment.ts'

/** The segments of a log, by rising base offset. The last one is the one that is appended to. */
export class Segments {
  private readonly list: Segment[]

  constructor(segments: readonly Segment[]) {
    this.list = [...segments]
  }

  get count(): number {
    return this.list.length
  }

  get first(): Segment | undefined {
    return this.list[0]
  }

  get active(): Segment | undefined {
    return this.list.at(-1)
  }

  [Symbol.iterator](): Iterator<Segment> {
    return this.list[Symbol.iterator]()
  }

  has(segment: Segment): boolean {
    return this.list.includes(segment)
  }

  /** Makes a segment the active one. */
  add(segment: Segment): void {
    const { active } = this
    invariant(
      active === undefined || active.baseOffset < segment.baseOffset,
      'segments begin at rising offsets',
    )
    this.list.push(segment)
  }

  /** The segment in whose range an offset lies, with those behind it. */
  from(offset: number): readonly Segment[] {
    return this.list.slice(Math.max(0, this.indexOf(offset)))
  }

  /** Puts segments in the place of others that lie side by side. */
  replace(removed: readonly Segment[], added: readonly Segment[]): void {
    const index = this.list.indexOf(removed[0] as Segment)
    invariant(
      removed.every((segment, at) => this.list[index + at] === segment),
      'what is replaced are segments of the log, side by side',
    )
    this.list.splice(index, removed.length, ...added)
  }

  /** Takes out and returns the segments that lie wholly before `offset`, but for the active one. */
  takeBefore(offset: number): Segment[] {
    let count = 0
    while (count + 1 < this.list.length && (this.list[count + 1]?.baseOffset ?? 0) <= offset)
      count++
    return this.list.splice(0, count)
  }

  /** Takes out and returns the segments that begin at or behind `offset`. */
  takeFrom(offset: number): Segment[] {
    const index = this.list.findIndex(({ baseOffset }) => baseOffset >= offset)
    return index === -1 ? [] : this.list.splice(index)
  }

  /** Of the last segment that begins at or before `offset`, or -1. */
  private indexOf(offset: number): number {
    let low = 0
    let high = this.list.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.list[middle] as Segment).baseOffset > offset) high = middle
      else low = middle + 1
    }
    return low - 1
  }
}
