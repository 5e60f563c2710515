import type { RequestOf } from '../../../../broker/protocol/apis.ts'
import { invariant } from '../../../../lib/invariant.ts'
import type { Plan, PlannedMove } from './plan.ts'

type Request = Pick<
  RequestOf<'AlterPartitionReassignments'>,
  'topics' | 'allowReplicationFactorChange'
>

/**
 * The wishes that carry out a plan, in its order. The next is for when what came before has arrived, so that
 * no more moves than that at once.
 *
 * @param most How many partitions one may have.
 */
export function reassignments({ moves }: Pick<Plan, 'moves'>, most: number): Request[] {
  invariant(most >= 1, 'a wish has at least one partition')
  const requests: Request[] = []
  for (let first = 0; first < moves.length; first += most) {
    const topics = topicsOf(moves.slice(first, first + most))
    requests.push({ allowReplicationFactorChange: false, topics })
  }
  return requests
}

function topicsOf(moves: readonly PlannedMove[]): Request['topics'] {
  const byName = Map.groupBy(moves, ({ name }) => name)
  return Array.from(byName, ([name, moves]) => ({
    name,
    partitions: moves.map(({ partition, to }) => ({
      partitionIndex: partition,
      replicas: [...to],
    })),
  }))
}
