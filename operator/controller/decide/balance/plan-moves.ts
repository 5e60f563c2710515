import type { MetadataImage } from '../../../../broker/metadata/image.ts'
import type { PlacementRules } from '../placement.ts'
import { LeaderSpread } from './leader-spread.ts'
import { type Plan, type PlannedMove, whysOfMoves } from './plan.ts'
import { ReplicaSpread } from './replica-spread.ts'
import { evenOut } from './spread.ts'
import { summaryOf } from './summary.ts'
import { surveyOf } from './survey.ts'

/**
 * How to balance a cluster with as few moves as there can be. In this order:
 *
 * 1. Nobody who is about to leave has a replica. What cannot be moved away is in `stays`.
 * 2. The replicas of a partition are in as many racks as there are, and in these as evenly as their brokers
 *    allow. Brokers whose rack is not known are in one together.
 * 3. Brokers have as many replicas as each other: the squares of their numbers add up to the least there is
 *    under 1 and 2. That is a difference of one at most in each rack, and between racks of the same size.
 *    A rack with more brokers than its part of each partition (with three replicas in three racks or more:
 *    than a third of all) holds one replica of each and no more, so that its brokers have fewer; one with
 *    so few brokers that each partition needs them gives them more. Others differ by one at most. What
 *    cannot be moved may make it more.
 * 4. Of all that do this, what copies the fewest replicas. Without racks, and with nobody who leaves, that
 *    is what some have beyond their share.
 * 5. Preferred leaders are even in the same sense, with the fewest of them changed, as far as the order of
 *    replicas can make them so: no data moves for it. Where all partitions have equally many replicas and 3
 *    came out with a difference of one at most, so does this.
 * 6. The replicas and the leaders of each topic are spread. That is a preference: nothing moves for it.
 *
 * Brokers that are fenced and do not leave keep what they have and are given nothing. Partitions that move
 * already, or that nobody leads, stay as they are, and count at where they are to be. The number of
 * replicas never changes. Once a plan is carried out there is nothing to plan. It depends on nothing but
 * the image and the rules.
 *
 * Measured with 100 brokers and 100,000 partitions of three replicas: 0.2 to 0.7 s of CPU for a broker that
 * comes or leaves, or for nothing; 0.5 to 3 s where a third of all replicas has to move.
 */
export function planMoves(image: MetadataImage, rules: Pick<PlacementRules, 'isLeaving'>): Plan {
  const survey = surveyOf(image, rules.isLeaving)
  const replicas = new ReplicaSpread(survey)
  evenOut(replicas)
  const leaders = new LeaderSpread(survey, replicas)
  evenOut(leaders)

  const idOf = (broker: number) => survey.brokers[broker]?.id as number
  const leaves = new Set(survey.brokers.filter(({ isLeaving }) => isLeaving).map(({ id }) => id))
  const targets = survey.partitions.map(({ replicas: from }, partition) => {
    const first = leaders.leaderOf(partition)
    const to = [first, ...replicas.brokersOf(partition).filter((broker) => broker !== first)]
    return from.length === 0 ? from : to.map(idOf)
  })
  const moves = survey.partitions.flatMap((partition, index): PlannedMove[] => {
    const { topicId, name, partition: number, replicas: from } = partition
    const to = targets[index] ?? from
    if (from.every((id, i) => id === to[i])) return []
    return [{ topicId, name, partition: number, from, to, why: whyMoved(index, { from, to }) }]
  })
  const stays = survey.partitions.flatMap(({ topicId, name, partition, replicas, stays: why }) => {
    if (why === undefined || !replicas.some((id) => leaves.has(id))) return []
    return [{ topicId, name, partition, replicas, why }]
  })
  return {
    moves: whysOfMoves.flatMap((why) => moves.filter((move) => move.why === why)),
    stays,
    summary: summaryOf(survey, targets),
  }

  function whyMoved(
    index: number,
    { from, to }: Pick<PlannedMove, 'from' | 'to'>,
  ): PlannedMove['why'] {
    if (from.some((id) => leaves.has(id))) return 'Leaving'
    if (replicas.wereUneven.has(index)) return 'Racks'
    return to.some((id) => !from.includes(id)) ? 'Balance' : 'Leaders'
  }
}
