import type { MetadataBatch } from '../../../broker/metadata/batch.ts'
import type { MetadataImage } from '../../../broker/metadata/image.ts'
import { imageDigest } from '../../../broker/metadata/image-digest.ts'
import {
  applyBatch,
  emptyState,
  type MetadataPosition,
  type MetadataState,
  positionOf,
} from '../../../broker/metadata/position.ts'
import { sha256 } from '../../../lib/sha256.ts'
import { type Head, headOf } from '../../../operator/controller/store/kubernetes/head.ts'
import type { OpenedLog } from '../../../operator/controller/store/metadata-store.ts'
import type { ClusterMetadataApi } from '../../support/cluster-metadata-api.ts'
import { batchesIn, dataIn, missingFor } from './named-parts.ts'
import { opOf } from './ops.ts'

/** What must never be seen. */
export class Violation extends Error {
  override readonly name = 'Violation'
}

type Log = {
  readonly state: MetadataState
  readonly ends: readonly string[]
  /** By the offset behind it, the digest of each batch. */
  readonly batches: ReadonlyMap<number, string>
  readonly ops: ReadonlySet<string>
}

const emptyLog: Log = { state: emptyState, ends: [], batches: new Map(), ops: new Set() }

/** Sees all that becomes of the log in the API, and all that its writers are told. */
export class Checker {
  readonly #api: ClusterMetadataApi
  #log = emptyLog
  #chain = ''
  #isBroken = false
  /** By the position behind it: what the log was there, in whichever of its lives. */
  readonly #everSeen = new Map<string, { image: MetadataImage; batch: string }>()
  /** Of which a writer was told that it is not there, and never will be. */
  readonly #absent = new Set<string>()
  #acknowledged: string[] = []
  restores = 0

  constructor(api: ClusterMetadataApi) {
    this.#api = api
  }

  get offset(): number {
    return this.#log.state.offset
  }

  /** @returns What puts it back to now, with the API. */
  backup(): () => void {
    const [log, chain, isBroken] = [this.#log, this.#chain, this.#isBroken]
    return () => {
      this.#log = log
      this.#chain = chain
      this.#isBroken = isBroken
      this.#acknowledged = this.#acknowledged.filter((end) => log.ends.includes(end))
      this.restores++
    }
  }

  /** After a delete. */
  lookForNamed(): void {
    const found = this.#api.get('demo-log').object
    if (found === undefined || this.#isBroken) return
    const missing = missingFor(this.#api, found.spec)
    if (missing !== undefined) throw new Violation(`${missing} is deleted, and the head names it`)
  }

  /** After a write. @param isFresh It was sent after the last restore. */
  look(isFresh: boolean): void {
    const found = this.#api.get('demo-log').object
    if (found === undefined || found.spec.chain === this.#chain) return
    this.#chain = found.spec.chain as string
    const head = headOf('demo-log', found.spec)
    const missing = missingFor(this.#api, head)
    if (missing !== undefined && isFresh && !this.#isBroken) {
      throw new Violation(`the head names ${missing}, which is not there`)
    }
    // Of a head that was on its way when etcd was put back the log says that it cannot be read.
    this.#isBroken ||= missing !== undefined
    if (this.#isBroken) return
    for (const batch of this.#batchesOf(head)) {
      if (batch.nextOffset > this.#log.state.offset) this.#add(batch)
      else if (this.#log.batches.get(batch.nextOffset) !== sha256(batch.bytes)) {
        throw new Violation(`fork: another batch ends at ${batch.nextOffset} now`)
      }
    }
    if (head.endOffset !== this.#log.state.offset) {
      throw new Violation(
        `the head says ${head.endOffset}, the log ends at ${this.#log.state.offset}`,
      )
    }
  }

  opened({ state, snapshot, batches }: OpenedLog): void {
    if (this.#isBroken) return
    for (const read of [snapshot, state]) {
      if (read.offset === 0) continue
      const seen = this.#everSeen.get(keyOf(positionOf(read)))
      if (seen !== undefined && imageDigest(seen.image) === imageDigest(read.image)) continue
      throw new Violation(`a reader sees at offset ${read.offset} what was never there`)
    }
    if ((batches[0]?.baseOffset ?? state.offset) !== snapshot.offset) {
      throw new Violation(`a reader misses batches behind the snapshot at ${snapshot.offset}`)
    }
  }

  acknowledged(position: MetadataPosition, batch: MetadataBatch): void {
    if (this.#isBroken) return
    const key = keyOf(position)
    if (this.#everSeen.get(key)?.batch !== sha256(batch.bytes)) {
      throw new Violation(
        `an append at offset ${batch.baseOffset} was acknowledged, and is not there`,
      )
    }
    // A restore may have taken it back while its answer was on its way.
    if (this.#log.ends.includes(key)) this.#acknowledged.push(key)
  }

  /** A writer was told that it is not there, and never will be. */
  absent(op: string): void {
    this.#absent.add(op)
    if (this.#log.ops.has(op)) throw new Violation(`${op} was told not to be there, and is`)
  }

  /** Nothing acknowledged is lost, but what a restore took back. */
  end(): void {
    const lost = this.#acknowledged.find((end) => !this.#log.ends.includes(end))
    if (lost !== undefined) {
      throw new Violation(`what ends at ${lost} was acknowledged, and is gone`)
    }
  }

  #add(batch: MetadataBatch): void {
    let state: MetadataState
    try {
      state = applyBatch(this.#log.state, batch)
    } catch (error) {
      throw new Violation(`a batch that does not follow: ${(error as Error).message}`)
    }
    const position = positionOf(state)
    const seen = { image: state.image, batch: sha256(batch.bytes) }
    const before = this.#everSeen.get(keyOf(position))
    if (before !== undefined && before.batch !== seen.batch) {
      throw new Violation(`fork: two batches end at ${keyOf(position)}`)
    }
    this.#everSeen.set(keyOf(position), seen)
    const ops = new Set(this.#log.ops)
    const op = opOf(batch)
    if (op !== undefined) {
      if (ops.has(op.name)) throw new Violation(`duplicate: ${op.name} is there twice`)
      if (this.#absent.has(op.name)) {
        throw new Violation(`${op.name} was told not to be there, and is`)
      }
      if (!op.isWhole) throw new Violation(`half of ${op.name} is there`)
      if (op.incarnationId !== position.incarnationId) {
        throw new Violation(`zombie: ${op.name} is in the epoch of ${position.incarnationId}`)
      }
      ops.add(op.name)
    }
    const batches = new Map(this.#log.batches).set(position.offset, seen.batch)
    this.#log = { state, ends: [...this.#log.ends, keyOf(position)], batches, ops }
  }

  /** Those of the head itself, and those in segments that are not known yet. */
  #batchesOf(head: Head): MetadataBatch[] {
    const unknown = head.segments.filter(({ endOffset }) => endOffset > this.#log.state.offset)
    const batches = batchesIn(dataIn(this.#api, unknown))
    return [...batches, ...head.batches.map(({ batch }) => batch)]
  }
}

function keyOf({ offset, epoch, incarnationId }: MetadataPosition): string {
  return `${offset}/${epoch}/${incarnationId}`
}
