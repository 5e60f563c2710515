import type { MetadataBatch } from '../../../broker/metadata/batch.ts'
import { imageDigest } from '../../../broker/metadata/image-digest.ts'
import {
  applyBatch,
  emptyState,
  type MetadataPosition,
  type MetadataState,
  positionOf,
} from '../../../broker/metadata/position.ts'
import { Violation } from '../core/failure.ts'

/** A place that the log in the store went through, in one of its histories. */
export type Place = {
  readonly state: MetadataState
  readonly batch: Uint8Array | undefined
  readonly before: Place | undefined
}

/** All that was ever in the store. It goes back where the store is put back, and what was then is still known. */
export class Histories {
  readonly #places = new Map<string, Place>()
  /** Of which a writer was told that nothing of it is there, or ever will be. */
  readonly #absent = new Set<string>()
  readonly #digests = new WeakMap<Place, string>()
  #now: Place

  /** @param first What is in the store at the beginning. */
  constructor(first: MetadataState) {
    const nothing = { state: emptyState, batch: undefined, before: undefined }
    this.#now = { state: first, batch: undefined, before: nothing }
    for (const place of [nothing, this.#now])
      this.#places.set(keyOf(positionOf(place.state)), place)
  }

  /** What is in the store. */
  get now(): Place {
    return this.#now
  }

  /** The store was put back to there. */
  goBack(place: Place): void {
    this.#now = place
  }

  /** @throws {Violation} */
  append(batch: MetadataBatch): Place {
    const before = this.#now
    const state = stateAfter(before.state, batch)
    const position = positionOf(state)
    const key = keyOf(position)
    if (this.#absent.has(key)) throw new Violation('ToldAbsent', `the append that ends at ${key}`)
    const known = this.#places.get(key)
    // What was put back may go on as it did: a write arrives late, or is sent again.
    const isSame =
      known?.before === before && Buffer.compare(batch.bytes, known.batch ?? batch.bytes) === 0
    if (known !== undefined && !isSame) throw new Violation('Fork', `two appends end at ${key}`)
    this.#now = known ?? { state, batch: batch.bytes, before }
    this.#places.set(key, this.#now)
    return this.#now
  }

  /** A writer was told so of the append that would end there. @throws {Violation} */
  absent(position: MetadataPosition): void {
    const key = keyOf(position)
    if (this.#places.has(key)) throw new Violation('ToldAbsent', `the append that ends at ${key}`)
    this.#absent.add(key)
  }

  /** Somebody takes this for what was in the store. @throws {Violation} */
  placeOf(state: MetadataState, who: string): Place {
    const position = positionOf(state)
    const place = this.placeAt(position)
    const where = `${who} at ${keyOf(position)}`
    if (place === undefined) throw new Violation('NotInStore', where)
    if (this.#digestOf(place) !== imageDigest(state.image)) {
      throw new Violation('ImagesDiffer', where)
    }
    return place
  }

  /** Many are asked for the same. */
  #digestOf(place: Place): string {
    const known = this.#digests.get(place) ?? imageDigest(place.state.image)
    this.#digests.set(place, known)
    return known
  }

  placeAt(position: MetadataPosition): Place | undefined {
    return this.#places.get(keyOf(position))
  }
}

/** Whether the log that ends at `end` went through `place`. */
export function isOnTheWay(place: Place, end: Place): boolean {
  let at: Place | undefined = end
  while (at !== undefined && at.state.offset > place.state.offset) at = at.before
  return at === place
}

/** In words, and never the same for two places. */
export function keyOf({ offset, epoch, incarnationId }: MetadataPosition): string {
  return `offset ${offset} in epoch ${epoch} (${incarnationId})`
}

function stateAfter(state: MetadataState, batch: MetadataBatch): MetadataState {
  try {
    return applyBatch(state, batch)
  } catch (error) {
    throw new Violation('LogBroken', (error as Error).message)
  }
}
