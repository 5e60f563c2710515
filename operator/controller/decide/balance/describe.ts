import { counted } from '../../../../lib/wording.ts'
import type { Plan, PlannedMove, PlannedStay, PlanSummary } from './plan.ts'
import type { PlannedElection } from './preferred-elections.ts'

/** A plan in lines of plain text: what it comes to, then each move, then what cannot be done. */
export function describePlan({ moves, stays, summary }: Plan): string[] {
  const leaving = summary.brokers.filter(({ isLeaving }) => isLeaving).map(({ id }) => id)
  const { replicasMoved, leadersChanged } = summary
  const effect = `${counted(replicasMoved, 'replica')} to copy, ${counted(leadersChanged, 'preferred leader')} to change`
  return [
    moves.length === 0 ? 'nothing to move' : effect,
    ...(moves.length === 0 ? [] : summary.brokers.flatMap(brokerLine)),
    ...moves.map((move) => `${move.name}-${move.partition}: ${way(move)} (${whyMoved(move)})`),
    ...stays.map(stayLine),
  ]

  function whyMoved({ why, from }: PlannedMove): string {
    switch (why) {
      case 'Leaving':
        return areLeaving(from)
      case 'Racks':
        return 'to spread it over racks'
      case 'Balance':
        return 'to even out replicas'
      case 'Leaders':
        return 'to even out leaders, no data moves'
    }
  }

  function stayLine({ name, partition, replicas, why }: PlannedStay): string {
    const reason = {
      Moving: 'it is being moved there',
      NoLeader: 'nobody leads it, so it cannot be copied',
      TooFewBrokers: `too few others are there for ${counted(replicas.length, 'replica')}`,
    }[why]
    return `${name}-${partition} stays on ${replicas}: ${areLeaving(replicas)}, but ${reason}`
  }

  function areLeaving(ids: readonly number[]): string {
    const those = ids.filter((id) => leaving.includes(id))
    return `${those.length === 1 ? 'broker' : 'brokers'} ${those.join(' and ')} ${those.length === 1 ? 'is' : 'are'} leaving`
  }
}

/** Elections in the same words. */
export function describeElections(elections: readonly PlannedElection[]): string[] {
  return elections.map((election) => {
    const { name, partition, from, to } = election
    const led = from < 0 ? 'nobody' : `broker ${from}`
    return `${name}-${partition}: led by ${led} -> broker ${to} (its preferred leader)`
  })
}

function way({ from, to }: PlannedMove): string {
  return `${from} -> ${to}`
}

function brokerLine({ id, replicas, leaders }: PlanSummary['brokers'][number]): string[] {
  const counts = { replicas, leaders }
  const changes = Object.entries(counts).flatMap(([what, { before, after }]) => {
    return before === after ? [] : [`${what} ${before} -> ${after}`]
  })
  return changes.length === 0 ? [] : [`broker ${id}: ${changes.join(', ')}`]
}
