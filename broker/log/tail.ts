import type { Part } from '../protocol/schema/fields.ts'

/** One batch of a log that is still in memory. */
type Entry = {
  readonly owner: object
  readonly nextOffset: number
  bytes: Uint8Array
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
 * small part of its buffer is copied instead, into a buffer that it shares with others like it.
 */
export class Tail {
  private readonly maxBytes: number
  private readonly chains = new Map<object, Chain>()
  /** How many entries lie in each buffer. */
  private readonly buffers = new Map<ArrayBufferLike, number>()
  private oldest: Entry | undefined
  private newest: Entry | undefined
  private used = 0
  private shared = new Uint8Array(0)
  private sharedUsed = 0

  constructor({ maxBytes }: { maxBytes: number }) {
    this.maxBytes = maxBytes
  }

  /** Bytes of all buffers that are kept alive. */
  get usedBytes(): number {
    return this.used
  }

  /** Adds a batch at the end of a log: it must begin where the one before it ended. */
  add(owner: object, { baseOffset, nextOffset }: Range, batch: Uint8Array): void {
    const bytes = this.compact(batch)
    let chain = this.chains.get(owner)
    if (chain === undefined || endOf(chain) !== baseOffset) {
      this.drop(owner)
      chain = { entries: [], first: 0, startOffset: baseOffset }
      this.chains.set(owner, chain)
    }
    const entry: Entry = { owner, nextOffset, bytes, next: undefined, evicted: false }
    chain.entries.push(entry)
    if (this.newest === undefined) this.oldest = entry
    else this.newest.next = entry
    this.newest = entry
    this.hold(bytes.buffer)
    while (this.used > this.maxBytes && this.oldest !== undefined) this.evictOldest()
  }

  /**
   * The batches from the one that holds `offset` on, or undefined if that is not in memory.
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
      if (entry.nextOffset > endOffset) break
      if (parts.length > 0 && bytes + entry.bytes.byteLength > maxBytes) break
      parts.push(entry.bytes)
      bytes += entry.bytes.byteLength
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
    this.release(entry.bytes.buffer)
    entry.evicted = true
    entry.bytes = nothing
  }

  private compact(batch: Uint8Array): Uint8Array {
    if (batch.byteLength * smallPart >= batch.buffer.byteLength) return batch
    if (this.shared.byteLength - this.sharedUsed < batch.byteLength) {
      this.shared = new Uint8Array(Math.max(sharedBytes, batch.byteLength))
      this.sharedUsed = 0
    }
    const copy = this.shared.subarray(this.sharedUsed, this.sharedUsed + batch.byteLength)
    copy.set(batch)
    this.sharedUsed += batch.byteLength
    return copy
  }

  private hold(buffer: ArrayBufferLike): void {
    const count = this.buffers.get(buffer) ?? 0
    if (count === 0) this.used += buffer.byteLength
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
  }
}

type Range = { readonly baseOffset: number; readonly nextOffset: number }
type Limits = { readonly maxBytes: number; readonly endOffset: number }

/** A batch of less than this part of its buffer is copied: 16 KB of a megabyte, in about 1 us. */
const smallPart = 64
const nothing = new Uint8Array(0)
const sharedBytes = 64 * 1024

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
