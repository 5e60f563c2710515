import type { ClusterMetadataObjects } from './cluster-metadata-objects.ts'
import type { Head } from './head.ts'
import { labelOf } from './new-object.ts'
import { isGarbage } from './part-names.ts'

/**
 * Deletes what the snapshot made useless, and what attempts before left behind. What cannot be
 * deleted now will be after the next snapshot.
 *
 * @param view The head as its writer knows it, as long as that is so; undefined after that.
 */
export async function deleteGarbage(
  objects: ClusterMetadataObjects,
  cluster: string,
  view: () => Head | undefined,
): Promise<void> {
  const listed = await objects.list(labelOf(cluster))
  if (listed.type === 'unknown') return
  for (const { name, uid } of listed.objects) {
    const head = view()
    if (head === undefined) return
    if (isGarbage(head, name)) await objects.delete(name, uid)
  }
}
