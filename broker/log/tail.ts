import type { FrameMemory } from '../protocol/frames/frame-memory.ts'
import { batchEndOf, nextOffsetOf } from '../protocol/records/header.ts'
import type { Part } from '../protocol/schema/fields.ts'

/** Batches of a log that are still in memory: one, or several small ones that were copied. */
type Entry = {
  readonly owner: object
  nextOffset: number
  /** They lie in it from `start` to `end`. */
  memory: Uint8Array
  readonly start: number
  end: number
  /** The entry that was added next, of any log. */
  next: Entry | undefined
  evicted: boolean
}

/** What is in memory of the end of one log. */
type Chain = { entries: Entry[]; first: number; startOffset: number }

/**
 * The newest batches of all logs of a broker, in the very buffers they were received in: followers
 * and consumers at the end of a log are served from here. One budget for all: what was added first
 * goes first.
 *
 * A view keeps the whole buffer behind it alive, so that whole buffers count. A batch that is a
 * small part of its buffer is copied instead, into a buffer that it shares with others like it. Those
 * of one log that follow each other there are one entry.
 */
export class Tail {
  private readonly maxBytes: number
  private readonly memory: FrameMemory | undefined
  private readonly chains = new Map<object, Chain>()
  /** How many entries lie in each buffer. */
  private readonly buffers = new Map<ArrayBufferLike, number>()
  private oldest: Entry | undefined
  private newest: Entry | undefined
  private used = 0
  private moved = 0
  private shared = new Uint8Array(0)
  private sharedUsed = 0
  /** The entry that was copied last, which ends where the shared buffer is used up to. */
  private copied: Entry | undefined

  /** @param memory Where batches lie that are added. Left out: they stay as they are. */
  constructor({ maxBytes, memory }: { maxBytes: number; memory?: FrameMemory }) {
    this.maxBytes = maxBytes
    this.memory = memory
  }

  /** Bytes of all buffers that are kept alive. */
  get usedBytes(): number {
    return this.used
  }

  /** Bytes of batches that were copied, all in all: those of small ones. */
  get copiedBytes(): number {
    return this.moved
  }

  /** Adds a batch at the end of a log: it must begin where the one before it ended. */
  add(owner: object, { baseOffset, nextOffset }: Range, batch: Uint8Array): void {
    const { byteLength, buffer } = batch
    const isSmall = byteLength < smallBytes && byteLength * smallPart < buffer.byteLength
    if (isSmall && this.extend(owner, { baseOffset, nextOffset }, batch)) return
    let chain = this.chains.get(owner)
    if (chain === undefined || endOf(chain) !== baseOffset) {
      this.drop(owner)
      chain = { entries: [], first: 0, startOffset: baseOffset }
      this.chains.set(owner, chain)
    }
    const place = isSmall ? this.copy(batch) : { memory: batch, start: 0, end: batch.byteLength }
    const entry: Entry = { owner, nextOffset, ...place, next: undefined, evicted: false }
    if (isSmall) this.copied = entry
    chain.entries.push(entry)
    if (this.newest === undefined) this.oldest = entry
    else this.newest.next = entry
    this.newest = entry
    this.hold(place.memory.buffer)
    while (this.used > this.maxBytes && this.oldest !== undefined) this.evictOldest()
  }

  /**
   * The batches from the one that holds `offset` on, or undefined if that is not in memory. They may
   * be looked at until the end of the turn, or for as long as their buffers are held.
   *
   * @param maxBytes The first batch comes even if it is larger.
   * @param endOffset Batches that end behind it are left out.
   */
  read(owner: object, offset: number, { maxBytes, endOffset }: Limits): Part[] | undefined {
    const chain = this.chains.get(owner)
    if (chain === undefined || offset < chain.startOffset) return undefined
    const parts: Part[] = []
    let bytes = 0
    for (let i = indexOf(chain, offset); i < chain.entries.length; i++) {
      const entry = chain.entries[i] as Entry
      const part = partOf(entry, {
        offset,
        endOffset,
        maxBytes: maxBytes - bytes,
        isFirst: bytes === 0,
      })
      if (part === undefined) break
      parts.push(part)
      bytes += part.byteLength
    }
    return parts
  }

  /** Forgets a log, or what changed of it: all of it. */
  drop(owner: object): void {
    const chain = this.chains.get(owner)
    if (chain === undefined) return
    this.chains.delete(owner)
    for (let i = chain.first; i < chain.entries.length; i++) {
      const entry = chain.entries[i] as Entry
      this.empty(entry) // it stays in the queue, and is passed over there
    }
    while (this.oldest?.evicted === true) this.evictOldest()
  }

  private evictOldest(): void {
    const entry = this.oldest as Entry
    this.oldest = entry.next
    if (this.oldest === undefined) this.newest = undefined
    if (entry.evicted) return
    this.empty(entry)
    const chain = this.chains.get(entry.owner) as Chain
    chain.startOffset = entry.nextOffset
    chain.first += 1
    if (chain.first === chain.entries.length) this.chains.delete(entry.owner)
    else if (chain.first > 1_000 && chain.first * 2 > chain.entries.length) {
      chain.entries = chain.entries.slice(chain.first)
      chain.first = 0
    }
  }

  private empty(entry: Entry): void {
    this.release(entry.memory.buffer)
    entry.evicted = true
    entry.memory = nothing
    if (this.copied === entry) this.copied = undefined
  }

  /** Puts a small batch behind the one that was copied last, if it follows it. */
  private extend(owner: object, { baseOffset, nextOffset }: Range, batch: Uint8Array): boolean {
    const { copied } = this
    if (copied === undefined || copied.owner !== owner || copied.nextOffset !== baseOffset) {
      return false
    }
    const end = this.sharedUsed + batch.byteLength
    if (end > this.shared.byteLength || end - copied.start > mostInEntry) return false
    this.shared.set(batch, this.sharedUsed)
    this.moved += batch.byteLength
    this.sharedUsed = end
    copied.end = end
    copied.nextOffset = nextOffset
    return true
  }

  private copy(batch: Uint8Array): { memory: Uint8Array; start: number; end: number } {
    if (this.shared.byteLength - this.sharedUsed < batch.byteLength) {
      // Not zeroed, which would cost as much as the copies.
      const { buffer } = Buffer.allocUnsafeSlow(Math.max(sharedBytes, batch.byteLength))
      this.shared = new Uint8Array(buffer)
      this.sharedUsed = 0
    }
    const start = this.sharedUsed
    this.shared.set(batch, start)
    this.moved += batch.byteLength
    this.sharedUsed += batch.byteLength
    return { memory: this.shared, start, end: this.sharedUsed }
  }

  private hold(buffer: ArrayBufferLike): void {
    const count = this.buffers.get(buffer) ?? 0
    if (count === 0) {
      this.used += buffer.byteLength
      this.memory?.hold(buffer)
    }
    this.buffers.set(buffer, count + 1)
  }

  private release(buffer: ArrayBufferLike): void {
    const count = this.buffers.get(buffer) as number
    if (count > 1) {
      this.buffers.set(buffer, count - 1)
      return
    }
    this.buffers.delete(buffer)
    this.used -= buffer.byteLength
    this.memory?.release(buffer)
  }
}

type Range = { readonly baseOffset: number; readonly nextOffset: number }
type Limits = { readonly maxBytes: number; readonly endOffset: number }

/** An entry for each batch that is smaller costs more than copying it does. */
const smallBytes = 2 * 1024
/** Of its buffer. A larger part of one is not worth a copy. */
const smallPart = 64
const nothing = new Uint8Array(0)
const sharedBytes = 64 * 1024
/** Of several batches in one entry, whose headers have to be gone over by whoever reads some. */
const mostInEntry = 16 * 1024

/**
 * Of an entry the batches from the one that holds `offset` on, as far as the limits go. The first of
 * all comes even if it is larger.
 */
function partOf(
  { memory, start, end, nextOffset }: Entry,
  { offset, endOffset, maxBytes, isFirst }: Limits & { offset: number; isFirst: boolean },
): Uint8Array | undefined {
  let from = start
  while (from < end && nextOffsetOf(memory, from) <= offset) from = batchEndOf(memory, from)
  let to = end
  if (nextOffset > endOffset || end - from > maxBytes) {
    for (to = from; to < end; ) {
      const next = batchEndOf(memory, to)
      const isTooMuch = next - from > maxBytes && !(isFirst && to === from)
      if (nextOffsetOf(memory, to) > endOffset || isTooMuch) break
      to = next
    }
  }
  if (to === from) return undefined
  return from === 0 && to === memory.byteLength ? memory : memory.subarray(from, to)
}

function endOf({ entries, startOffset }: Chain): number {
  return entries.at(-1)?.nextOffset ?? startOffset
}

/** Of the first entry that ends behind `offset`. */
function indexOf({ entries, first }: Chain, offset: number): number {
  let low = first
  let high = entries.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((entries[middle] as Entry).nextOffset > offset) high = middle
    else low = middle + 1
  }
  return low
}
