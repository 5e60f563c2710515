import type { ByteBudget } from './byte-budget.ts'
import { formatVersion } from './head.ts'
import { type Belongs, newObject } from './new-object.ts'
import type { PartKind, PartRules } from './part-names.ts'
import { ensurePart, maxPartBytes, type Part, partOf } from './parts.ts'
import type { Api } from './read-object.ts'

export type Offsets = { readonly firstOffset: number; readonly endOffset: number }

export type PartMakerOptions = {
  readonly api: Api
  readonly belongs: Belongs
  readonly storeId: string
  readonly rules: PartRules
  readonly budget: ByteBudget
}

/** Makes the objects that the head will name. */
export class PartMaker {
  readonly #options: PartMakerOptions
  #count = 0

  constructor(options: PartMakerOptions) {
    this.#options = options
  }

  /** @throws {StoreError} NotAppended, Offline. */
  async make(kind: PartKind, data: Uint8Array, offsets: Offsets): Promise<Part> {
    const { api, belongs, storeId, rules, budget } = this.#options
    const by = { cluster: belongs.cluster, storeId, count: ++this.#count }
    const name = rules.partName(kind, offsets, by)
    const base64 = Buffer.from(data).toString('base64')
    const type = kind === 'segment' ? 'Segment' : 'Snapshot'
    const spec = { formatVersion, type, ...offsets, data: base64 } as const
    const part = partOf(newObject(name, belongs, spec), data)
    await ensurePart(api, part)
    budget.wrote(base64.length)
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
