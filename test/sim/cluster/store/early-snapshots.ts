import { applyBatch, type MetadataState, positionOf } from '../../../../broker/metadata/position.ts'
import type { MetadataStore } from '../../../../operator/controller/store/metadata-store.ts'
import { StoreError } from '../../../../operator/controller/store/store-error.ts'

/**
 * Takes snapshots of its own, beside the appends: a controller waits until half a megabyte was logged,
 * which few live to see here. Its own are one at a time with these.
 *
 * @param isDue Asked after each append.
 */
export function withEarlySnapshots(store: MetadataStore, isDue: () => boolean): MetadataStore {
  let state: MetadataState | undefined
  let last: Promise<unknown> = Promise.resolve()
  let isTaking = false
  const inTurn: MetadataStore['snapshot'] = (position, image) => {
    const taken = last.then(() => store.snapshot(position, image))
    last = taken.catch(() => {}) // whoever called sees it
    return taken
  }
  return {
    async open() {
      const opened = await store.open()
      state = opened.state
      return opened
    },
    async append(position, records) {
      const outcome = await store.append(position, records)
      if (outcome.type === 'appended' && state !== undefined) {
        state = applyBatch(state, outcome.batch)
        if (!isTaking && isDue()) void take(state)
      }
      return outcome
    },
    snapshot: inTurn,
    isLast: () => store.isLast(),
    close: () => store.close(),
  }

  async function take(at: MetadataState): Promise<void> {
    isTaking = true
    try {
      await inTurn(positionOf(at), at.image)
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
    }
    isTaking = false
  }
}
