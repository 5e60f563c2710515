import type { Clock } from '../../lib/clock.ts'
import type { Logger } from '../../lib/logger.ts'
import { KafkaError } from '../protocol/errors.ts'
import type { CoordinatorState } from './coordinator-state.ts'
import type { Decision } from './decision.ts'
import { expireOffsets } from './offsets/expire-offsets.ts'
import { type DeletedTopics, forgetTopics } from './offsets/forget-topics.ts'
import type { Shard } from './shard.ts'

type Ends = { readonly clock: Clock; readonly log: Logger }

/** Takes away what is too old, and groups that are empty and have no offsets left. */
export async function tidyExpired(
  shard: Shard,
  { retentionMs, ...ends }: Ends & { retentionMs: number },
): Promise<void> {
  const groups = new Set(shard.state.offsets.groups())
  const request = { statesFilter: ['Empty'], typesFilter: [] }
  const listed = await shard.state.membership.list(request).response
  for (const { groupId } of listed.groups) groups.add(groupId)
  const what = { groups, decision: 'old offsets and empty groups were removed' }
  const nowMs = ends.clock.nowMs()
  await tidy(shard, what, ends, (state, some) => expireOffsets(state, some, { nowMs, retentionMs }))
}

/** Takes the offsets of topics away that were deleted. */
export async function tidyDeleted(
  shard: Shard,
  { deleted, ...ends }: Ends & { deleted: DeletedTopics },
): Promise<void> {
  const groups = new Set(shard.state.offsets.groups())
  const what = { groups, decision: 'offsets of deleted topics were removed' }
  await tidy(shard, what, ends, (state, some) => forgetTopics(state, some, deleted))
}

/** Some groups a turn, as much as is left of them then. What fails now is tried again one day. */
async function tidy(
  shard: Shard,
  { groups, decision }: { groups: ReadonlySet<string>; decision: string },
  { clock, log }: Ends,
  decide: (state: CoordinatorState, groups: readonly string[]) => Decision<number>,
): Promise<void> {
  const all = [...groups]
  let records = 0
  try {
    for (let from = 0; from < all.length; from += groupsATurn) {
      const some = all.slice(from, from + groupsATurn)
      records += await shard.run((state) => decide(state, some), { inPieces: true })
      await clock.turn()
    }
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    log.warn('groups could not be tidied', { partition: shard.index, reason: error.message })
  }
  if (records > 0) log.info(decision, { partition: shard.index, records })
}

const groupsATurn = 200
