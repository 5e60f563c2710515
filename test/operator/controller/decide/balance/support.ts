import fc from 'fast-check'
import { applyRecords } from '../../../../../broker/metadata/apply.ts'
import { emptyImage, type MetadataImage } from '../../../../../broker/metadata/image.ts'
import { type MetadataRecord, metadataRecord } from '../../../../../broker/metadata/records.ts'
import type { Plan } from '../../../../../operator/controller/decide/balance/plan.ts'
import { planMoves } from '../../../../../operator/controller/decide/balance/plan-moves.ts'
import { uuid } from '../../../../broker/metadata/support.ts'
import { broker } from '../support.ts'

/** `usual` may be given replicas. */
export type Role = 'usual' | 'fenced' | 'leaving'
export type Member = { id: number; rack: string | null; role: Role }

/** One partition; its topic has others that name it. */
export type Spot = {
  topic: string
  replicas: readonly number[]
  /** Where it is on its way to. */
  target?: readonly number[]
  /** Nobody leads it. */
  isDead?: boolean
}

/** Brokers with these ids and racks. */
export function members(racks: Record<number, string | null>, roles: Record<number, Role> = {}) {
  return Object.entries(racks).map(([key, rack]): Member => {
    const id = Number(key)
    return { id, rack, role: roles[id] ?? 'usual' }
  })
}

/** Brokers of which no rack is known. */
export function brokers(...ids: number[]): Member[] {
  return ids.map((id) => ({ id, rack: null, role: 'usual' }))
}

/** Partitions of one topic. */
export function spots(topic: string, ...replicasOfEach: (readonly number[])[]): Spot[] {
  return replicasOfEach.map((replicas) => ({ topic, replicas }))
}

export function imageOf(cluster: readonly Member[], partitions: readonly Spot[]): MetadataImage {
  const registered = cluster.flatMap(({ id, rack, role }) => {
    return broker(id, { fenced: role === 'fenced' }).map((record) => ({ ...record, rack }))
  })
  const topics = [...Map.groupBy(partitions, ({ topic }) => topic)]
  const made = topics.flatMap(([name, spots]) => {
    const topicId = topicIdOf(name)
    const records = spots.map((spot, partitionId) =>
      partitionRecord({ topicId, partitionId }, spot),
    )
    return [metadataRecord('TopicRecord', { name, topicId }), ...records]
  })
  return applyRecords(emptyImage, [...registered, ...made])
}

/** Names of topics end in a number, or are one letter. */
function topicIdOf(name: string): string {
  return uuid(10_000 + Number(name.match(/\d+$/)?.[0] ?? name.charCodeAt(0)))
}

function partitionRecord(
  at: { topicId: string; partitionId: number },
  { replicas: before, target = before, isDead = false }: Spot,
): MetadataRecord {
  const removingReplicas = before.filter((id) => !target.includes(id))
  const replicas = [...target, ...removingReplicas]
  return metadataRecord('PartitionRecord', {
    ...at,
    replicas,
    isr: [...before],
    addingReplicas: target.filter((id) => !before.includes(id)),
    removingReplicas,
    leader: isDead ? -1 : (before[0] ?? -1),
    leaderEpoch: 0,
    partitionEpoch: 0,
  })
}

export function leavesIn(cluster: readonly Member[]): (brokerId: number) => boolean {
  return (brokerId) => cluster.some(({ id, role }) => id === brokerId && role === 'leaving')
}

export function planFor(cluster: readonly Member[], partitions: readonly Spot[]): Plan {
  return planMoves(imageOf(cluster, partitions), { isLeaving: leavesIn(cluster) })
}

/** The image once a plan is carried out: new replicas are in sync, preferred leaders lead. */
export function carriedOut(image: MetadataImage, { moves }: Pick<Plan, 'moves'>): MetadataImage {
  const records = moves.map(({ topicId, partition: partitionId, to }) => {
    const [leader = -1] = to
    const lists = { replicas: [...to], isr: [...to] }
    return metadataRecord('PartitionChangeRecord', { topicId, partitionId, leader, ...lists })
  })
  return applyRecords(image, records)
}

/** Which replicas each partition has after a plan, in the order of `partitions`. */
export function placesAfter(partitions: readonly Spot[], { moves }: Pick<Plan, 'moves'>) {
  const moved = new Map(moves.map(({ name, partition, to }) => [`${name}-${partition}`, to]))
  const next = new Map<string, number>()
  return partitions.map(({ topic, replicas, target }) => {
    const partition = next.get(topic) ?? 0
    next.set(topic, partition + 1)
    return moved.get(`${topic}-${partition}`) ?? target ?? replicas
  })
}

/** How many of the lists have each id. */
export function loadsIn(lists: readonly (readonly number[])[], ids: readonly number[]): number[] {
  const counts = new Map<number, number>()
  for (const id of lists.flat()) counts.set(id, (counts.get(id) ?? 0) + 1)
  return ids.map((id) => counts.get(id) ?? 0)
}

/** How much more one has than another. */
export function unevenness(loads: readonly number[]): number {
  return loads.length === 0 ? 0 : Math.max(...loads) - Math.min(...loads)
}

/** What must be copied: beyond its share nobody keeps anything, and who leaves keeps nothing. */
export function fewestMoves(before: readonly number[], total: number): number {
  const share = Math.floor(total / before.length)
  let larger = total % before.length
  const mostFirst = before.toSorted((a, b) => b - a)
  return mostFirst.reduce((left, load) => {
    return left - Math.min(load, larger-- > 0 ? share + 1 : share)
  }, total)
}

/** Clusters of any kind, with partitions anywhere. */
export function anyCluster(about: {
  brokers: number
  partitions: number
  racks: number
  /** Half of them at least. */
  isLarge?: boolean
  roles?: readonly Role[]
  /** Whether some partitions are moving, or nobody leads them. */
  isBusy?: boolean
  /** All partitions have equally many replicas. */
  isUniform?: boolean
}) {
  const { roles = ['usual'], isLarge = false, isBusy = false, isUniform = false } = about
  const upTo = (most: number, least: number) => {
    return { minLength: isLarge ? most / 2 : least, maxLength: most }
  }
  const role = fc.constantFrom(...roles)
  const rack = fc.nat({ max: about.racks }).map((at) => (at === 0 ? null : `rack-${at}`))
  const cluster = fc
    .array(fc.record({ rack, role }), upTo(about.brokers, 1))
    .map((each) => each.map((one, index): Member => ({ ...one, id: index * 3 + 1 })))
  return cluster.chain((cluster) => {
    const ids = cluster.map(({ id }) => id)
    const spotOf = (replicas: fc.Arbitrary<number[]>) => {
      return fc.record({
        topic: fc.nat({ max: 3 }).map((at) => `t${at}`),
        replicas,
        target: isBusy ? fc.option(replicas, { freq: 5, nil: undefined }) : fc.constant(undefined),
        isDead: isBusy ? fc.nat({ max: 9 }).map((at) => at === 0) : fc.constant(false),
      })
    }
    const spotsWith = (least: number, most: number) => {
      const replicas = fc.shuffledSubarray(ids, { minLength: least, maxLength: most })
      const spot = spotOf(replicas).map(({ target, ...spot }): Spot => {
        return target === undefined ? spot : { ...spot, target }
      })
      return fc.array(spot, upTo(about.partitions, 0))
    }
    const most = Math.min(4, ids.length)
    const partitions = isUniform
      ? fc.integer({ min: 1, max: most }).chain((count) => spotsWith(count, count))
      : spotsWith(1, most)
    return fc.record({ cluster: fc.constant(cluster), partitions })
  })
}
