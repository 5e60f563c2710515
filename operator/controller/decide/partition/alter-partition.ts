import { applyRecords } from '../../../../broker/metadata/apply.ts'
import { recoveryStates } from '../../../../broker/metadata/apply-topics.ts'
import { type MetadataImage, partitionOf } from '../../../../broker/metadata/image.ts'
import type { PartitionImage } from '../../../../broker/metadata/partition-table.ts'
import type { MetadataRecord } from '../../../../broker/metadata/records.ts'
import type { RequestOf, ResponseInputOf } from '../../../../broker/protocol/apis.ts'
import type { Entries } from '../../../../broker/protocol/config/topic-values.ts'
import { errorCodes } from '../../../../broker/protocol/generated/error-codes.ts'
import { duplicates } from '../../../../lib/duplicates.ts'
import type { Decision } from '../decision.ts'
import { registeredBroker } from '../register-broker.ts'
import { partitionChange } from './change.ts'
import { hasSameMembers } from './id-lists.ts'
import { isActive, rulesIn } from './rules.ts'

type Request = Pick<RequestOf<'AlterPartition'>, 'brokerId' | 'brokerEpoch' | 'topics'>
type Asked = Request['topics'][number]['partitions'][number]
type Refusal = keyof typeof errorCodes

/**
 * A leader says who is in sync. It says which state of the partition it knows: where there is a newer
 * one it is refused and hears of that with the metadata log. A member counts only as the process that it
 * is now: one that was started again since the leader last heard of it may have lost what it had
 * (KIP-903). Each partition is refused alone.
 *
 * @throws {KafkaError} STALE_BROKER_EPOCH, BROKER_ID_NOT_REGISTERED: of all that is asked.
 *   Source: ReplicationControlManager.alterPartition.
 */
export function alterPartition(
  image: MetadataImage,
  request: Request,
  brokerConfig: Entries,
): Decision<ResponseInputOf<'AlterPartition'>> {
  const { id: brokerId } = registeredBroker(image, request)
  const rulesOf = rulesIn(image, { brokerConfig })
  const records: MetadataRecord[] = []
  const refusals = new Map<Asked, Refusal>()
  for (const { topicId, partitions } of request.topics) {
    const topic = image.topics.get(topicId)
    const twice = duplicates(partitions.map(({ partitionIndex }) => partitionIndex))
    for (const asked of partitions) {
      const partition = partitionOf(image, { topicId, partition: asked.partitionIndex })
      const refusal =
        topic === undefined || partition === undefined
          ? unknown(topic)
          : twice.has(asked.partitionIndex)
            ? 'INVALID_REQUEST'
            : refusalOf(image, asked, { partition, brokerId })
      if (refusal !== undefined) refusals.set(asked, refusal)
      if (refusal !== undefined || topic === undefined || partition === undefined) continue
      const wish = { isr: isrOf(asked), isRecovered: isRecovered(asked) }
      const at = { topicId, partitionId: asked.partitionIndex }
      const record = partitionChange(at, partition, wish, rulesOf(topic))
      if (record === undefined) continue // it is so already
      records.push(record)
      // A move that ended with this may have taken the lead from who asks.
      if (record.leader >= 0 && record.leader !== brokerId)
        refusals.set(asked, 'NEW_LEADER_ELECTED')
    }
  }
  const after = applyRecords(image, records)
  const topics = request.topics.map(({ topicId, partitions }) => ({
    topicId,
    partitions: partitions.map((asked) => {
      const { partitionIndex } = asked
      const refusal = refusals.get(asked)
      if (refusal !== undefined)
        return { partitionIndex, errorCode: errorCodes[refusal], ...nothing }
      const now = partitionOf(after, { topicId, partition: partitionIndex }) as PartitionImage
      return { partitionIndex, errorCode: 0, ...stateOf(now) }
    }),
  }))
  return { records, response: { throttleTimeMs: 0, errorCode: 0, topics } }
}

function unknown(topic: unknown): Refusal {
  return topic === undefined ? 'UNKNOWN_TOPIC_ID' : 'UNKNOWN_TOPIC_OR_PARTITION'
}

function refusalOf(
  image: MetadataImage,
  asked: Asked,
  { partition, brokerId }: { partition: PartitionImage; brokerId: number },
): Refusal | undefined {
  const { leaderEpoch, partitionEpoch } = partition
  // It has heard of a later controller than this one.
  if (asked.leaderEpoch > leaderEpoch || asked.partitionEpoch > partitionEpoch) {
    return 'NOT_CONTROLLER'
  }
  if (asked.leaderEpoch < leaderEpoch) return 'FENCED_LEADER_EPOCH'
  if (partition.leader !== brokerId) return 'INVALID_REQUEST'
  const isr = isrOf(asked)
  const isRepeated = hasSameMembers(isr, partition.isr) && isRecovered(asked) === isWell(partition)
  if (asked.partitionEpoch < partitionEpoch)
    return isRepeated ? undefined : 'INVALID_UPDATE_VERSION'
  if (!isIsr(isr, partition, brokerId)) return 'INVALID_REQUEST'
  // Before it is recovered nobody can be in sync with it, and it does not go back to that by itself.
  if (!isRecovered(asked) && (isr.length > 1 || isWell(partition))) return 'INVALID_REQUEST'
  return asked.newIsrWithEpochs.every((member) => isEligible(image, member))
    ? undefined
    : 'INELIGIBLE_REPLICA'
}

function isIsr(isr: readonly number[], { replicas }: PartitionImage, leader: number): boolean {
  const isOnceEach = new Set(isr).size === isr.length
  return isOnceEach && isr.includes(leader) && isr.every((id) => replicas.includes(id))
}

function isEligible(
  image: MetadataImage,
  { brokerId, brokerEpoch }: Asked['newIsrWithEpochs'][number],
): boolean {
  return isActive(image, brokerId) && image.brokers.get(brokerId)?.epoch === brokerEpoch
}

function isrOf({ newIsrWithEpochs }: Asked): number[] {
  return newIsrWithEpochs.map(({ brokerId }) => brokerId)
}

function isRecovered({ leaderRecoveryState }: Asked): boolean {
  return recoveryStates[leaderRecoveryState] === 'RECOVERED'
}

function isWell({ leaderRecoveryState }: PartitionImage): boolean {
  return leaderRecoveryState === 'RECOVERED'
}

function stateOf({
  leader,
  leaderEpoch,
  isr,
  leaderRecoveryState,
  partitionEpoch,
}: PartitionImage) {
  return {
    leaderId: leader,
    leaderEpoch,
    isr: [...isr],
    leaderRecoveryState: recoveryStates.indexOf(leaderRecoveryState),
    partitionEpoch,
  }
}

/** Of a partition that is refused nothing is said. */
const nothing = { leaderId: 0, leaderEpoch: 0, isr: [], partitionEpoch: 0 }
