import type { ClusterMetadataObjects, Found, Missing } from './cluster-metadata-objects.ts'
import type { Patience } from './patience.ts'

export type Api = { readonly objects: ClusterMetadataObjects; readonly patience: Patience }

/** Reads one object, for as long as it takes. @throws {StoreError} Offline, when it is let go of. */
export async function readObject(
  { objects, patience }: Api,
  name: string,
): Promise<Found | Missing> {
  for (let attempt = 0; ; attempt++) {
    const answer = await objects.get(name)
    patience.check()
    if (answer.type !== 'unknown') return answer
    await patience.pause(attempt, answer.why)
  }
}
