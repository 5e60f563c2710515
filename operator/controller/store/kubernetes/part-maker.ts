import type { ByteBudget } from './byte-budget.ts'
import { formatVersion } from './head.ts'
import { type Belongs, newObject } from './new-object.ts'
import type { PartKind, PartNames } from './part-names.ts'
import { ensurePart, maxPartBytes, type Part, partOf } from './parts.ts'
import type { Api } from './read-object.ts'

export type Offsets = { readonly firstOffset: number; readonly endOffset: number }

/** Makes the objects that the head will name. */
export class PartMaker {
  readonly #api: Api
  readonly #belongs: Belongs
  readonly #names: PartNames
  readonly #budget: ByteBudget

  constructor(api: Api, about: { belongs: Belongs; names: PartNames; budget: ByteBudget }) {
    this.#api = api
    this.#belongs = about.belongs
    this.#names = about.names
    this.#budget = about.budget
  }

  /** @throws {StoreError} NotAppended, Offline. */
  async make(kind: PartKind, data: Uint8Array, offsets: Offsets): Promise<Part> {
    const name = this.#names.next(kind, offsets)
    const base64 = Buffer.from(data).toString('base64')
    const type = kind === 'segment' ? 'Segment' : 'Snapshot'
    const spec = { formatVersion, type, ...offsets, data: base64 } as const
    const part = partOf(newObject(name, this.#belongs, spec), data)
    await ensurePart(this.#api, part)
    this.#budget.wrote(base64.length)
    return part
  }

  /** As many as it takes. All of them have the same offsets, so they are named and dropped together. */
  async makeAll(kind: PartKind, data: Uint8Array, offsets: Offsets): Promise<Part[]> {
    const parts: Part[] = []
    for (let at = 0; at < data.length; at += maxPartBytes) {
      parts.push(await this.make(kind, data.subarray(at, at + maxPartBytes), offsets))
    }
    return parts
  }
}
