import type { MetadataState } from '../../../../broker/metadata/position.ts'
import { snapshotBatches } from '../../../../broker/metadata/snapshot.ts'
import type { Clock } from '../../../../lib/clock.ts'
import type { ByteBudget } from './byte-budget.ts'
import type { PartMaker } from './part-maker.ts'
import { maxPartBytes, type Part, readBack } from './parts.ts'
import type { Api } from './read-object.ts'

/**
 * Writes an image into objects and reads them back. It is of no effect before the head names them.
 * It waits for its turn of the loop after each batch, and for the budget before each object.
 *
 * @throws {StoreError} NotAppended, Offline.
 */
export async function writeSnapshot(
  api: Api,
  { image, offset }: MetadataState,
  { maker, budget, clock }: { maker: PartMaker; budget: ByteBudget; clock: Clock },
): Promise<{ parts: readonly Part[]; bytes: number }> {
  const parts: Part[] = []
  let bytes = 0
  for await (const data of inParts(snapshotBatches(image, { timestampMs: clock.nowMs() }), clock)) {
    await budget.room()
    api.patience.check()
    parts.push(await maker.make('snapshot', data, { firstOffset: 0, endOffset: offset }))
    bytes += data.length
  }
  for (const part of parts) await readBack(api, part)
  return { parts, bytes }
}

async function* inParts(batches: Iterable<Uint8Array>, clock: Clock): AsyncGenerator<Uint8Array> {
  let kept: Uint8Array = new Uint8Array()
  for (const batch of batches) {
    kept = Buffer.concat([kept, batch])
    for (; kept.length >= maxPartBytes; kept = kept.subarray(maxPartBytes)) {
      yield kept.subarray(0, maxPartBytes)
    }
    await clock.turn()
  }
  if (kept.length > 0) yield kept
}
