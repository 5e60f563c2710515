import { clusterLabel } from '../../../api/group.ts'
import type { ClusterMetadataObjects } from './cluster-metadata-objects.ts'

/**
 * Deletes what the snapshot made useless, and what attempts before left behind. What cannot be
 * deleted now will be after the next snapshot.
 *
 * @param isGarbage Whether an object is of no use; undefined once nobody here can know.
 */
export async function deleteGarbage(
  objects: ClusterMetadataObjects,
  cluster: string,
  isGarbage: (name: string) => boolean | undefined,
): Promise<void> {
  const listed = await objects.list({ name: clusterLabel, value: cluster })
  if (listed.type === 'unknown') return
  for (const { name, uid } of listed.objects) {
    const isOfNoUse = isGarbage(name)
    if (isOfNoUse === undefined) return
    if (isOfNoUse) await objects.delete(name, uid)
  }
}
