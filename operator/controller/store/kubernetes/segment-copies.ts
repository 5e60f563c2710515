import type { Head, SegmentName } from './head.ts'
import type { Offsets, PartMaker } from './part-maker.ts'
import { nameOf, type Part } from './parts.ts'

/** A segment that is there, and that the head does not name yet. */
export type Copy = Offsets & { readonly part: Part }

export function segmentName({ part, firstOffset, endOffset }: Copy): SegmentName {
  return { ...nameOf(part), firstOffset, endOffset }
}

/** Copies batches out of the head into segments, beside the appends. The next one names them. */
export class SegmentCopies {
  readonly #maker: PartMaker
  #copies: readonly Copy[] = []
  #underWay: Promise<void> | undefined

  constructor(maker: PartMaker) {
    this.#maker = maker
  }

  /** Those that were not named yet, by offset and without a gap. */
  get ready(): readonly Copy[] {
    return this.#copies
  }

  /** In the background. What fails is tried again by the next, and told by `all`. */
  start(head: Head): void {
    if (this.#underWay !== undefined || this.#copies.length > 0) return
    this.#underWay = this.#copy(head)
      .catch(() => {})
      .finally(() => {
        this.#underWay = undefined
      })
  }

  /** Until all that the head holds is copied. @throws {StoreError} NotAppended, Offline. */
  async all(head: Head): Promise<void> {
    await this.#underWay
    await this.#copy(head)
  }

  /** They are named now, or not needed any more. */
  drop(copies: readonly Copy[]): void {
    this.#copies = this.#copies.filter((copy) => !copies.includes(copy))
  }

  async #copy(head: Head): Promise<void> {
    const copied = this.#copies.at(-1)?.endOffset ?? 0
    const batches = head.batches.filter(({ batch }) => batch.nextOffset > copied)
    const firstOffset = batches[0]?.batch.baseOffset
    const endOffset = batches.at(-1)?.batch.nextOffset
    if (firstOffset === undefined || endOffset === undefined) return
    const data = Buffer.concat(batches.map(({ batch }) => batch.bytes))
    const part = await this.#maker.make('segment', data, { firstOffset, endOffset })
    this.#copies = [...this.#copies, { part, firstOffset, endOffset }]
  }
}
