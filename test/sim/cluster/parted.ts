import type { MetadataImage } from '../../../broker/metadata/image.ts'
import type { PartitionImage } from '../../../broker/metadata/partition-table.ts'
import type { MetadataPosition } from '../../../broker/metadata/position.ts'
import type { ControllerNode } from './controller-node.ts'
import type { Data } from './data.ts'
import { dataTopics, partitionOfData } from './data-topics.ts'
import { type Histories, isOnTheWay } from './histories.ts'

/** What is looked at where brokers may know more than the log that was put back. */
export type Parted = {
  /** Those that act, as far as they know. */
  readonly controllers: readonly ControllerNode[]
  /** By the ids of brokers, from 1 on: what each acts on; empty where it does not. */
  readonly images: readonly MetadataImage[]
  /** What each acted on last, in whichever life. */
  readonly known: readonly MetadataImage[]
  readonly data: Pick<Data, 'pendingOf' | 'missingOn'>
  /** Something was decided on a history by who did not know of the other: then nothing is known of the data. */
  readonly isForked: boolean
}

/** Whether a broker is where the log in the store did not go. */
export function isParted(positions: readonly MetadataPosition[], histories: Histories): boolean {
  return positions.some((position) => {
    const place = histories.placeAt(position)
    return place !== undefined && !isOnTheWay(place, histories.now)
  })
}

/**
 * What keeps a cluster from being as it should be where its log was put back and brokers know more: the
 * controller has stopped and says what to do, nothing that was acknowledged is lost, and where nobody was
 * restarted since clients write on.
 */
export function whyNotStopped(looked: Parted): string | undefined {
  const { controllers, images, known, data, isForked } = looked

  if (controllers.length === 0) return 'nobody is the controller'
  const other = controllers.find((one) => one.problem()?.includes('kavka recover') !== true)
  if (other !== undefined) return `a controller does not say how to recover: ${other.problem()}`
  for (const { name } of isForked ? [] : dataTopics) {
    const partitions = known.flatMap((image) => partitionOfData(image, name) ?? [])
    const newest = partitions.toSorted(byAge).at(-1)
    if (newest === undefined) continue
    const missing = data.missingOn(name, newest.isr)
    if (missing !== undefined) return `${name}: broker ${newest.isr} have no ${missing}`
    const isServed = newest.isr.length > 1 && newest.replicas.every((id) => knows(images[id - 1]))
    if (isServed && data.pendingOf(name) > 0) return `${name}: records are not acknowledged`

    function knows(image: MetadataImage | undefined): boolean {
      const own = image && partitionOfData(image, name)
      return own?.leaderEpoch === newest?.leaderEpoch
    }
  }
  return undefined
}

function byAge(a: PartitionImage, b: PartitionImage): number {
  return a.leaderEpoch - b.leaderEpoch || a.partitionEpoch - b.partitionEpoch
}
