import { encodeBatch } from '../../../../broker/metadata/batch.ts'
import type { MetadataImage } from '../../../../broker/metadata/image.ts'
import {
  type MetadataPosition,
  positionAfter,
  samePosition,
} from '../../../../broker/metadata/position.ts'
import type { MetadataRecord } from '../../../../broker/metadata/records.ts'
import type { Clock } from '../../../../lib/clock.ts'
import {
  type Appended,
  type SnapshotTaken,
  type Superseded,
  superseded,
} from '../metadata-store.ts'
import { StoreError } from '../store-error.ts'
import type { ByteBudget } from './byte-budget.ts'
import { deleteGarbage } from './garbage.ts'
import { batchBytesOf, type Head, headBatchOf, headName } from './head.ts'
import { type HeadUpdate, writeHead } from './head-writer.ts'
import type { Belongs } from './new-object.ts'
import { type HeadWrite, headSizeOf, nextHead } from './next-head.ts'
import { PartMaker } from './part-maker.ts'
import type { PartRules } from './part-names.ts'
import { nameOf, type Part } from './parts.ts'
import { type Api, readObject } from './read-object.ts'
import { type Copy, SegmentCopies, segmentName } from './segment-copies.ts'
import { writeSnapshot } from './write-snapshot.ts'

export type SessionOptions = {
  readonly api: Api
  readonly clock: Clock
  readonly budget: ByteBudget
  readonly belongs: Belongs
  /** New for each session: see `HeadWrite`. */
  readonly storeId: string
  readonly rules: PartRules
  /** As they were read, together. */
  readonly head: Head
  readonly position: MetadataPosition
  readonly snapshotBytes: number
}

/** Writing to the log, from where it was read until somebody else wrote. */
export class LogSession {
  readonly #options: SessionOptions
  readonly #headName: string
  readonly #maker: PartMaker
  readonly #copies: SegmentCopies
  /** As it was read, and then as it was written from here: never refreshed otherwise. */
  #head: Head
  #position: MetadataPosition
  #snapshotBytes: number
  #isSuperseded = false
  /** Why it is not known what the head is. */
  #offline: StoreError | undefined
  #lastTurn: Promise<unknown> = Promise.resolve()

  constructor(options: SessionOptions) {
    this.#options = options
    this.#headName = headName(options.belongs.cluster)
    this.#maker = new PartMaker(options)
    this.#copies = new SegmentCopies(this.#maker)
    this.#head = options.head
    this.#position = options.position
    this.#snapshotBytes = options.snapshotBytes
  }

  append(
    position: MetadataPosition,
    records: readonly MetadataRecord[],
  ): Promise<Appended | Superseded> {
    return this.#inTurn(async () => {
      this.#options.api.patience.check()
      if (this.#isSuperseded || !samePosition(this.#position, position)) return superseded
      if (this.#offline !== undefined) throw this.#offline
      const { offset: baseOffset } = position
      const after = positionAfter(position, records)
      const { offset: endOffset, epoch, incarnationId } = after
      const timestampMs = this.#options.clock.nowMs()
      const batch = encodeBatch(records, { baseOffset, controllerEpoch: epoch, timestampMs })

      const { length } = batch.bytes
      const isLarge = length > maxBatchBytes
      if (isLarge || batchBytesOf(this.#head) + length > maxHeadBytes) {
        await this.#copies.all(this.#head)
      }
      const offsets = { firstOffset: baseOffset, endOffset }
      const large = isLarge ? await this.#maker.makeAll('segment', batch.bytes, offsets) : []
      const outcome = await this.#write(
        {
          endOffset,
          writer: { epoch, incarnationId },
          ...(isLarge ? {} : { batch: headBatchOf(batch) }),
        },
        { segments: large.map((part) => ({ part, ...offsets })) },
      )
      if (outcome === 'superseded') return superseded
      this.#position = after
      if (batchBytesOf(this.#head) > smallHeadBytes) this.#copies.start(this.#head)
      return { type: 'appended', batch, position: after }
    })
  }

  async snapshot(
    { offset }: MetadataPosition,
    image: MetadataImage,
  ): Promise<SnapshotTaken | Superseded> {
    this.#options.api.patience.check()
    if (this.#isSuperseded || offset > this.#head.endOffset) return superseded
    const taken = () => ({ type: 'taken', snapshotBytes: this.#snapshotBytes }) as const
    if (offset <= (this.#head.snapshot?.endOffset ?? 0)) return taken()

    if (this.#offline !== undefined) throw this.#offline
    const { api, budget, clock, belongs, rules } = this.#options
    const about = { maker: this.#maker, budget, clock }
    const { parts, bytes } = await writeSnapshot(api, { image, offset }, about)
    const { interruptions } = api.objects
    const outcome = await this.#inTurn(() => {
      const { endOffset, writer } = this.#head
      const snapshot = { endOffset: offset, parts: parts.map(nameOf) }
      return this.#write({ endOffset, writer, snapshot }, { parts })
    })
    if (outcome === 'superseded') return superseded
    this.#snapshotBytes = bytes
    // Once anything may have happened to the API, what is known here may not be so any more.
    await deleteGarbage(api.objects, belongs.cluster, (name) => {
      if (this.#isSuperseded || api.objects.interruptions !== interruptions) return undefined
      return rules.isGarbage(this.#head, name)
    })
    return taken()
  }

  /** Reads the head again, for who has written nothing for long. Nobody else wrote if it is true. */
  isLast(): Promise<boolean> {
    return this.#inTurn(async () => {
      const found = await readObject(this.#options.api, this.#headName)
      const chain = found.type === 'found' ? found.object.spec.chain : undefined
      if (chain !== this.#head.chain) this.#isSuperseded = true
      return !this.#isSuperseded
    })
  }

  /** One update of the head, which names what was copied meanwhile too. */
  async #write(
    write: Omit<HeadWrite, 'segments' | 'storeId'>,
    named: { segments?: readonly Copy[]; parts?: readonly Part[] },
  ): Promise<'written' | 'superseded'> {
    if (this.#isSuperseded) return 'superseded'
    const { api, budget, storeId } = this.#options
    if (this.#offline !== undefined) throw this.#offline
    api.patience.check()
    const covered = (write.snapshot ?? this.#head.snapshot)?.endOffset ?? 0
    const copies = this.#copies.ready
    const useful = copies.filter(({ endOffset }) => endOffset > covered)
    const segments = [...useful, ...(named.segments ?? [])]
    const to = nextHead(this.#head, { ...write, storeId, segments: segments.map(segmentName) })
    const parts = [...segments.map(({ part }) => part), ...(named.parts ?? [])]
    const outcome = await this.#update({ name: this.#headName, from: this.#head, to, parts })
    if (outcome === 'superseded') this.#isSuperseded = true
    else {
      this.#head = to
      this.#copies.drop(copies)
      budget.wrote(headSizeOf(to))
    }
    return outcome
  }

  async #update(update: HeadUpdate): Promise<'written' | 'superseded'> {
    try {
      return await writeHead(this.#options.api, update)
    } catch (error) {
      if (error instanceof StoreError && error.problem === 'Offline') this.#offline = error
      throw error
    }
  }

  /** One write of the head at a time. */
  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const { patience } = this.#options.api
    const turn = this.#lastTurn.then(() => patience.watched(run))
    this.#lastTurn = turn.catch(() => {})
    return turn
  }
}

/** Larger ones go into segments of their own first. */
const maxBatchBytes = 64 * 1024
/** At that the batches are copied to a segment, in the background. */
const smallHeadBytes = 16 * 1024
/** At that appends wait until they are. */
const maxHeadBytes = 256 * 1024
