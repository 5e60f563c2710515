import type { MetadataBatch } from '../../../../broker/metadata/batch.ts'
import type { MetadataPosition, MetadataState } from '../../../../broker/metadata/position.ts'
import type { MetadataStore } from '../../../../operator/controller/store/metadata-store.ts'
import type { Faults } from '../../core/faults.ts'
import type { Incarnation } from '../../core/incarnation.ts'

/**
 * The store that all controllers write to: it belongs to no node, and what was sent to it takes effect
 * though who sent it is dead.
 */
export type SharedStore = {
  /** As one controller in a life of a node sees it, opened once. */
  storeOf(node: Incarnation): MetadataStore
  /** While it is out nothing takes effect, and nobody is answered. */
  isOut: boolean
  /** @returns Puts it back to as it is now. */
  backUp(): () => void
}

export type SharedStoreOptions = {
  readonly faults: Faults
  readonly clusterId: string
  readonly told: StoreObserver
}

/** Told of what takes effect when it does, whoever hears of it when. */
export type StoreObserver = {
  /** @throws {Violation} */
  readonly appended: (batch: MetadataBatch) => void
  /** What the store says of where the log ends, after a write. @throws {Violation} */
  readonly endsAt: (position: MetadataPosition) => void
  /** It stands for all before it from now on. @throws {Violation} */
  readonly snapshotTaken: (snapshot: MetadataState) => void
  /** Something that the log names is about to be made or deleted. */
  readonly touches: (call: 'create' | 'delete') => void
}
