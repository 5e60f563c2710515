import { recoveryStates } from '../../../../broker/metadata/apply-topics.ts'
import type { PartitionImage } from '../../../../broker/metadata/partition-table.ts'
import { type MetadataRecord, metadataRecord } from '../../../../broker/metadata/records.ts'
import { type Election, elect, noLeader } from './elect.ts'
import { isSameList } from './id-lists.ts'
import { type Assigned, settled } from './reassignment.ts'
import type { PartitionRules } from './rules.ts'

/** What is wanted of a partition. Lists are broker ids; what is left out stays. */
export type Wish = {
  readonly isr?: readonly number[]
  /** Replicas that may lack what was committed: they lose their seats in ISR and ELR. */
  readonly withoutData?: readonly number[]
  /** Replicas that have nothing: they are not to be asked what they have, either. */
  readonly withNothing?: readonly number[]
  /** Where replicas are, and where they are moved to. */
  readonly assigned?: Assigned
  /** Left out: whoever leads stays, if it may. */
  readonly election?: Election
  /** Of the last members, all of which were heard, whose log goes furthest: see `elect`. */
  readonly furthest?: number
  /** After an unclean election: the leader has found out what there is (KIP-704). */
  readonly isRecovered?: boolean
}

type Seats = Pick<PartitionImage, 'isr' | 'elr' | 'lastKnownElr'>

/**
 * What becomes of a partition. A move whose new replicas are all in sync ends, and who leads is chosen
 * anew where the leader may not lead any more. While the ISR is below `min.insync.replicas` nothing is
 * committed, so that those who leave it have all that was: they are eligible to lead (KIP-966).
 *
 * @returns Undefined where nothing changes. Source: PartitionChangeBuilder.
 */
export function partitionChange(
  at: { readonly topicId: string; readonly partitionId: number },
  partition: PartitionImage,
  wish: Wish,
  rules: PartitionRules,
): MetadataRecord<'PartitionChangeRecord'> | undefined {
  const { withoutData = [], withNothing = [] } = wish
  const hasData = (id: number) => !withoutData.includes(id) && hasSome(id)
  const hasSome = (id: number) => !withNothing.includes(id)
  const inSync = (wish.isr ?? partition.isr).filter(hasData)
  const target = settled(wish.assigned ?? partition, inSync, rules.minInSync)
  const seats = seatsWith(partition, target, { hasData, hasSome, rules })
  const { furthest = onlyOne(seats.lastKnownElr) } = wish
  const candidates = { ...seats, replicas: target.replicas, leader: partition.leader, furthest }
  const { leader, isUnclean, isr } = elect(candidates, rules, wish.election ?? 'any')
  const after = isUnclean ? afterUnclean(seats, isr) : afterElection(seats, isr)
  return recordOf(at, partition, {
    ...target,
    ...clearedIf(after, isr.length >= Math.min(rules.minInSync, target.replicas.length)),
    leader: isSaid() ? leader : undefined,
    recovery: recovery(),
  })

  function recovery(): PartitionImage['leaderRecoveryState'] {
    if (isUnclean) return 'RECOVERING'
    return wish.isRecovered === true ? 'RECOVERED' : partition.leaderRecoveryState
  }

  /** To name the leader raises its epoch. */
  function isSaid(): boolean {
    if (leader !== partition.leader || isUnclean) return true
    // A replica that is taken away may still think that it is one (KAFKA-14190).
    const isOneLess = partition.replicas.some((id) => !target.replicas.includes(id))
    return leader !== noLeader && isOneLess
  }
}

/** With no other its log goes furthest, however far that is. */
function onlyOne([first, second]: readonly number[]): number | undefined {
  return second === undefined ? first : undefined
}

/** Those who leave the ISR stay eligible. Whether it is below the minimum shows after the election. */
function seatsWith(
  partition: PartitionImage,
  target: { readonly isr: readonly number[]; readonly replicas: readonly number[] },
  about: {
    hasData: (id: number) => boolean
    hasSome: (id: number) => boolean
    rules: PartitionRules
  },
): Seats {
  const { isr, replicas } = target
  const isEnough = isr.length >= Math.min(about.rules.minInSync, replicas.length)
  if (isEnough) return { isr, elr: [], lastKnownElr: [] }
  const before = unique([...partition.elr, ...partition.isr])
  const out = before.filter((id) => !isr.includes(id))
  const elr = out.filter((id) => about.hasData(id) && replicas.includes(id))
  const lost = unique([...partition.lastKnownElr, ...out])
  const lastKnownElr = lost.filter((id) => {
    return !isr.includes(id) && !elr.includes(id) && replicas.includes(id) && about.hasSome(id)
  })
  return { isr, elr, lastKnownElr }
}

/** One that was eligible leads, and is in sync with itself; those it does not hear of are eligible too. */
function afterElection(seats: Seats, isr: readonly number[]): Seats {
  const elr = unique([...seats.elr, ...seats.isr]).filter((id) => !isr.includes(id))
  return { ...seats, isr, elr }
}

/** Whoever had a seat may have more than who leads now: if that one loses all, they are asked. */
function afterUnclean({ elr, lastKnownElr, ...seats }: Seats, isr: readonly number[]): Seats {
  const last = unique([...lastKnownElr, ...elr, ...seats.isr])
  return { isr, elr: [], lastKnownElr: last.filter((id) => !isr.includes(id)) }
}

function clearedIf(seats: Seats, isEnough: boolean): Seats {
  return isEnough ? { ...seats, elr: [], lastKnownElr: [] } : seats
}

function recordOf(
  at: { readonly topicId: string; readonly partitionId: number },
  before: PartitionImage,
  after: Seats &
    Assigned & {
      leader: number | undefined
      recovery: PartitionImage['leaderRecoveryState']
    },
): MetadataRecord<'PartitionChangeRecord'> | undefined {
  const { leader, recovery } = after
  const isRecoveryNews = recovery !== before.leaderRecoveryState
  const lists = {
    ...changed('isr', before.isr, after.isr),
    ...changed('eligibleLeaderReplicas', before.elr, after.elr),
    ...changed('lastKnownElr', before.lastKnownElr, after.lastKnownElr),
    ...changed('replicas', before.replicas, after.replicas),
    ...changed('addingReplicas', before.addingReplicas, after.addingReplicas),
    ...changed('removingReplicas', before.removingReplicas, after.removingReplicas),
  }
  if (Object.keys(lists).length === 0 && leader === undefined && !isRecoveryNews) return undefined
  return metadataRecord('PartitionChangeRecord', {
    ...at,
    ...lists,
    ...(leader === undefined ? {} : { leader }),
    ...(isRecoveryNews ? { leaderRecoveryState: recoveryStates.indexOf(recovery) } : {}),
  })
}

function changed(name: string, before: readonly number[], after: readonly number[]) {
  return isSameList(before, after) ? {} : { [name]: [...after] }
}

function unique(ids: readonly number[]): number[] {
  return [...new Set(ids)]
}
