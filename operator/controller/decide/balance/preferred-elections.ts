import type { MetadataImage } from '../../../../broker/metadata/image.ts'
import { elect } from '../partition/elect.ts'
import { isActive } from '../partition/rules.ts'
import type { PlacementRules } from '../placement.ts'

/** From whom to whom the lead of a partition goes, by broker ids. -1: nobody leads it. */
export type PlannedElection = {
  readonly topicId: string
  readonly name: string
  readonly partition: number
  readonly from: number
  readonly to: number
}

/**
 * What is not led by its preferred leader though that one is there, in sync, and not about to leave: what
 * `electLeaders` would change, by name of topic, then by number.
 */
export function preferredElections(
  image: MetadataImage,
  { isLeaving }: Pick<PlacementRules, 'isLeaving'>,
): PlannedElection[] {
  const topics = [...image.topics.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  const mayLead = (id: number) => isActive(image, id) && !isLeaving(id)
  return topics.flatMap(({ id: topicId, name, partitions }) => {
    return Array.from({ length: partitions.count }, (_, i) => i).flatMap((partition) => {
      const candidates = partitions.at(partition)
      const { leader: from, replicas } = candidates
      const [to] = replicas
      if (to === undefined || to === from) return []
      const elected = elect(candidates, { mayLead, mayBeUnclean: false }, 'preferred')
      return elected.leader === to ? [{ topicId, name, partition, from, to }] : []
    })
  })
}
