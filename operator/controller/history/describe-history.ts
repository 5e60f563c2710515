import { rfc3339 } from '../../../lib/clock.ts'
import type { HistoryEntry, ListName, MovePhase, PartitionChange, TopicChange } from './entry.ts'

/** One line of plain text for each entry: when, what, and why. */
export function describeHistory(entries: readonly HistoryEntry[]): string[] {
  return entries.map((entry) => {
    const { timestampMs, offset, controllerEpoch, cause } = entry
    const at = `${rfc3339(timestampMs)} offset ${offset} (controller epoch ${controllerEpoch})`
    return `${at} ${whatOf(entry)}. ${cause.word}: ${cause.sentence}`
  })
}

function whatOf(entry: HistoryEntry): string {
  if (entry.partition === undefined) return entry.changes.map(topicChange).join(', ')
  const { partition, changes } = entry
  const what =
    changes.length === 0 ? 'nothing but its epoch' : changes.map(partitionChange).join(', ')
  return `partition ${partition}: ${what}`
}

function topicChange(change: TopicChange): string {
  if (change.what !== 'setting') return change.what
  const { name, from, to } = change
  return `${name} ${from ?? 'not set'} -> ${to ?? 'not set'}`
}

function partitionChange(change: PartitionChange): string {
  switch (change.what) {
    case 'leader':
      return `leader ${leaders(change)} (leader epoch ${change.leaderEpoch})`
    case 'move':
      return [
        `move ${phases[change.phase]}`,
        ...ids('adding', change.addingReplicas),
        ...ids('removing', change.removingReplicas),
      ].join(' ')
    case 'leaderRecoveryState':
      return `${change.from} -> ${change.to}`
    default:
      return `${listNames[change.what]} ${list(change.from)} -> ${list(change.to)}`
  }
}

const phases: Record<MovePhase, string> = {
  begun: 'begun',
  redirected: 'sent elsewhere',
  ended: 'ended',
  takenBack: 'taken back',
}

const listNames: Record<ListName, string> = {
  isr: 'ISR',
  elr: 'ELR',
  lastKnownElr: 'last known ELR',
  replicas: 'replicas',
}

function ids(what: string, brokerIds: readonly number[]): string[] {
  return brokerIds.length === 0 ? [] : [`${what} ${brokerIds}`]
}

function list(brokerIds: readonly number[]): string {
  return brokerIds.length === 0 ? 'none' : `${brokerIds}`
}

function leaders({ from, to }: { from: number; to: number }): string {
  return from === to ? `${who(to)} again` : `${who(from)} -> ${who(to)}`
}

function who(brokerId: number): string {
  return brokerId < 0 ? 'none' : `${brokerId}`
}
