import type { KafkaError } from '../protocol/errors.ts'
import type { GroupMembership } from './membership.ts'
import { CommittedOffsets } from './offsets/committed-offsets.ts'
import type { CoordinatorRecord } from './records.ts'

/** What is known of the groups of one partition of `__consumer_offsets`. */
export class CoordinatorState {
  readonly membership: GroupMembership
  readonly offsets = new CommittedOffsets()

  constructor(membership: GroupMembership) {
    this.membership = membership
  }

  replay(record: CoordinatorRecord): void {
    if (record.type === 'OffsetCommit') return this.offsets.replay(record)
    this.membership.replay(record)
    if (record.value === null) this.offsets.replayRemoval(record.group)
  }

  unload(error: KafkaError): void {
    this.membership.unload(error)
  }
}
