import type { PartitionImage } from '../../../broker/metadata/partition-table.ts'
import { noLeader } from '../decide/partition/elect.ts'
import { isSameList } from '../decide/partition/id-lists.ts'
import { movePhase } from './changes.ts'
import type { Cause, MovePhase } from './entry.ts'
import type { Trigger } from './triggers.ts'

/** One change of a partition, and what came before it in the same append. */
export type Changed = {
  readonly before: PartitionImage
  readonly after: PartitionImage
  /** In their order. */
  readonly triggers: readonly Trigger[]
}

/**
 * Why a partition changed. The log says what was decided, not why; but a decision begins with the record
 * of the broker that it is about, and each decision has its own way to change a partition.
 */
export function causeOf(changed: Changed): Cause {
  return (
    afterLoss(changed) ??
    brokerGone(changed) ??
    moved(changed) ??
    brokerBack(changed) ??
    elected(changed) ??
    saidByLeader(changed) ?? { word: 'Unknown', sentence: 'the log does not say why' }
  )
}

/** Somebody leads who is not known to have all that was acknowledged. */
function afterLoss(changed: Changed): Cause | undefined {
  const { before, after } = changed
  const { leader } = after
  if (leader === noLeader || after.leaderRecoveryState !== 'RECOVERING') return undefined
  if (after.leaderEpoch === before.leaderEpoch) return undefined
  const gone = goneOf(changed)
  const others = [...before.isr, ...before.elr].filter((id) => id !== gone?.brokerId)
  if (others.includes(leader)) return undefined
  const why = whyNow(changed)
  if (others.length > 0 || !before.lastKnownElr.includes(leader)) {
    const sentence = `${why}broker ${leader} leads with what it has, since nobody who is known to have all may: acknowledged records may be lost`
    return { word: 'UncleanElection', brokerId: leader, sentence }
  }
  const isOnlyOne = before.lastKnownElr.length === 1
  const how = isOnlyOne
    ? 'it alone is left of those who were in sync last'
    : 'of those who were in sync last it has the longest log, or an unclean election was asked for'
  return {
    word: 'LastMemberElected',
    brokerId: leader,
    sentence: `${why}broker ${leader} leads: ${how}`,
  }
}

function brokerGone(changed: Changed): Cause | undefined {
  const { after } = changed
  const gone = goneOf(changed)
  if (gone === undefined) return undefined
  const { brokerId } = gone
  if (gone.word === 'BrokerRegistered' && after.lastKnownElr.includes(brokerId)) {
    const sentence = `broker ${brokerId} was started again, and may lack what was not flushed`
    return { word: 'UnflushedLost', brokerId, sentence }
  }
  return { word: gone.word, brokerId, sentence: whatOf(gone) }
}

function moved({ before, after }: Changed): Cause | undefined {
  const phase = movePhase(before, after)
  if (phase === undefined && isSameList(before.replicas, after.replicas)) return undefined
  const target = after.replicas.filter((id) => !after.removingReplicas.includes(id))
  return { word: 'Moved', sentence: moveSentence(phase, target) }
}

function brokerBack(changed: Changed): Cause | undefined {
  const back = backOf(changed)
  if (back === undefined) return undefined
  const { brokerId } = back
  return { word: 'BrokerUnfenced', brokerId, sentence: `${isBack(brokerId)}, and nobody led` }
}

function elected({ before, after }: Changed): Cause | undefined {
  const { leader } = after
  if (leader === before.leader || leader === noLeader) return undefined
  if (before.leader === noLeader) {
    const sentence = 'an election was asked for, or settings were changed that allow more of them'
    return { word: 'ElectionAsked', brokerId: leader, sentence }
  }
  if (leader !== after.replicas[0] || !isSameList(before.isr, after.isr)) return undefined
  const sentence = `broker ${leader} is the preferred leader, and in sync`
  return { word: 'PreferredElection', brokerId: leader, sentence }
}

function saidByLeader({ before, after }: Changed): Cause | undefined {
  const { leader: brokerId, isr } = after
  if (brokerId === noLeader || after.leaderEpoch !== before.leaderEpoch) return undefined
  const says = `broker ${brokerId}, which leads, says`
  if (after.leaderRecoveryState !== before.leaderRecoveryState) {
    const sentence = `${says} that it has found out what there is`
    return { word: 'Recovered', brokerId, sentence }
  }
  const left = before.isr.filter((id) => !isr.includes(id))
  const joined = isr.filter((id) => !before.isr.includes(id))
  const isOtherOrder = left.length + joined.length === 0 && !isSameList(before.isr, isr)
  if ((left.length > 0 && joined.length > 0) || isOtherOrder) {
    return { word: 'IsrChanged', brokerId, sentence: `${says} who is in sync` }
  }
  if (left.length > 0) {
    return { word: 'IsrShrunk', brokerId, sentence: `${says} that ${left} fell behind` }
  }
  if (joined.length === 0) return undefined
  return { word: 'IsrGrown', brokerId, sentence: `${says} that ${joined} caught up` }
}

/** The last one that lost a seat. Not one that loses it to a move, or whose seat is not needed any more. */
function goneOf({ before, after, triggers }: Changed) {
  const hasNewMember = after.isr.some((id) => !before.isr.includes(id) && id !== after.leader)
  return triggers
    .filter((trigger) => trigger.type === 'gone')
    .findLast(({ brokerId, word }) => {
      const [had, has] = [seatOf(before, brokerId), seatOf(after, brokerId)]
      if (has >= had || !after.replicas.includes(brokerId)) return false
      const losesOthers = word === 'DataLost' || word === 'BrokerRegistered'
      return had === inSync || (losesOthers && !hasNewMember)
    })
}

/** The one for which a leader was looked for. */
function backOf({ before, after, triggers }: Changed) {
  if (before.leader !== noLeader) return undefined
  return triggers
    .filter((trigger) => trigger.type === 'back')
    .findLast(({ brokerId }) => after.replicas.includes(brokerId))
}

const inSync = 3

/** The higher the better. */
function seatOf({ leader, isr, elr, lastKnownElr }: PartitionImage, brokerId: number): number {
  if (leader === brokerId || isr.includes(brokerId)) return inSync
  if (elr.includes(brokerId)) return 2
  return lastKnownElr.includes(brokerId) ? 1 : 0
}

/** What brought it about, in front of what it came to. */
function whyNow(changed: Changed): string {
  const gone = goneOf(changed)
  if (gone !== undefined) return `${whatOf(gone)}: `
  const back = backOf(changed)
  if (back !== undefined) return `${isBack(back.brokerId)}: `
  const isAllowed = changed.triggers.some(({ type }) => type === 'uncleanAllowed')
  return isAllowed ? 'unclean.leader.election.enable was set: ' : ''
}

function isBack(brokerId: number): string {
  return `broker ${brokerId} is there again`
}

function whatOf({ brokerId, word }: NonNullable<ReturnType<typeof goneOf>>): string {
  switch (word) {
    case 'BrokerFenced':
      return `broker ${brokerId} is gone, or was not heard of in time`
    case 'ControlledShutdown':
      return `broker ${brokerId} was asked to stop`
    case 'BrokerRegistered':
      return `broker ${brokerId} was started again`
    case 'DataLost':
      return `broker ${brokerId} came with another data directory`
  }
}

function moveSentence(phase: MovePhase | undefined, target: readonly number[]): string {
  switch (phase) {
    case 'begun':
      return `its replicas are to be on ${target}`
    case 'redirected':
      return `its replicas are to be on ${target} instead`
    case 'ended':
      return `its replicas on ${target} are in sync`
    case 'takenBack':
      return `its replicas are to stay on ${target}`
    case undefined:
      return `its replicas are on ${target}, in this order`
  }
}
