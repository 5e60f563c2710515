import { decodeBatch, type MetadataBatch } from '../../../../broker/metadata/batch.ts'
import { readSnapshot } from '../../../../broker/metadata/snapshot.ts'
import type { ClusterMetadataSpec } from '../../../../operator/controller/store/kubernetes/head.ts'
import type { ClusterMetadataApi } from '../../../support/cluster-metadata-api.ts'
import { Violation } from '../../core/failure.ts'
import { batchesIn, dataIn, missingFor } from '../../kubernetes-store/named-parts.ts'
import type { StoreObserver } from './shared-store.ts'

/** Sees what becomes of the head of a log in the API, and tells what is in it as it gets there. */
export class HeadWatch {
  readonly #api: ClusterMetadataApi
  readonly #name: string
  readonly #told: StoreObserver
  #chain = ''
  /** Behind the first batch, which is the same in each log. */
  #endOffset = 1
  #snapshotEndOffset = 0

  /** @param about.name Of the head. */
  constructor(api: ClusterMetadataApi, about: { name: string; told: StoreObserver }) {
    this.#api = api
    this.#name = about.name
    this.#told = about.told
  }

  /** What it names and is not there. */
  get missing(): string | undefined {
    const spec = this.#spec
    return spec && missingFor(this.#api, spec)
  }

  /** To be called after each write and delete. @throws {Violation} */
  look(): void {
    const spec = this.#spec
    if (spec === undefined) return
    const { missing } = this
    if (missing !== undefined) {
      throw new Violation('NamedIsMissing', `the head of the log names ${missing}`)
    }
    if (spec.chain === this.#chain) return
    for (const batch of this.#newBatches(spec)) this.#told.appended(batch)
    this.#remember(spec)
    const { endOffset: offset, writer, snapshot } = spec
    if (writer !== undefined) this.#told.endsAt({ offset, ...writer })
    if (snapshot === undefined || snapshot.endOffset === this.#snapshotEndOffset) return
    if (snapshot.endOffset < this.#snapshotEndOffset) {
      const words = `${this.#snapshotEndOffset} to ${snapshot.endOffset}`
      throw new Violation('SnapshotBack', `the snapshot of the log goes from ${words}`)
    }
    this.#snapshotEndOffset = snapshot.endOffset
    const image = readSnapshot(dataIn(this.#api, snapshot.parts))
    this.#told.snapshotTaken({ image, offset: snapshot.endOffset })
  }

  /** The API was put back, and what is there is nothing new. */
  wasPutBack(): void {
    const spec = this.#spec
    this.#remember(spec)
    this.#snapshotEndOffset = spec?.snapshot?.endOffset ?? 0
  }

  #remember(spec: ClusterMetadataSpec | undefined): void {
    this.#chain = spec?.chain ?? ''
    this.#endOffset = spec?.endOffset ?? 1
  }

  get #spec(): ClusterMetadataSpec | undefined {
    return this.#api.get(this.#name).object?.spec
  }

  /** From the last one back to what is known: the head may hold many. */
  #newBatches({ batches = [], segments = [] }: ClusterMetadataSpec): MetadataBatch[] {
    const found: MetadataBatch[] = []
    for (const base64 of batches.toReversed()) {
      const batch = decodeBatch(Buffer.from(base64, 'base64'))
      if (batch.nextOffset <= this.#endOffset) return found.reverse()
      found.push(batch)
    }
    const unknown = segments.filter(({ endOffset }) => endOffset > this.#endOffset)
    const inSegments = batchesIn(dataIn(this.#api, unknown))
    const isNew = ({ nextOffset }: MetadataBatch) => nextOffset > this.#endOffset
    return [...inSegments.filter(isNew), ...found.reverse()]
  }
}
