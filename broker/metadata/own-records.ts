import { int8, int32, int64, string, uuid } from '../protocol/schema/fields.ts'
import { message } from '../protocol/schema/message.ts'

/**
 * What kavka has to remember and Kafka's records have no room for. Record types of our own, from
 * 20000 on, where Kafka (which counts from 0, and is at 28 in 4.3) will not come: its tools say
 * "Unknown metadata id 20000" of them and go on. Tagged fields in Kafka's own records would be
 * skipped silently by a reader that does not know them, and its image would differ.
 */
const own = { kind: 'record', versions: [0, 0], flexibleSince: 0 } as const

/** The first record of every log: whose it is. */
export const ClusterRecord = message({
  ...own,
  name: 'ClusterRecord',
  apiKey: 20_000,
  fields: { clusterId: string() },
})

/**
 * A controller takes over. What follows was decided by it, up to the next of these records. An
 * epoch is its number and its incarnation: after etcd was restored the same number may be given
 * out twice, and a controller whose write timed out could take another's record for its own.
 */
export const ControllerEpochRecord = message({
  ...own,
  name: 'ControllerEpochRecord',
  apiKey: 20_001,
  fields: {
    epoch: int32(),
    incarnationId: uuid(), // random, new for each attempt to take over
    startOffset: int64(), // its own offset; a snapshot keeps the history of epochs
  },
})

/** Who owns a topic. Replaces what was said of it before. */
export const TopicOwnerRecord = message({
  ...own,
  name: 'TopicOwnerRecord',
  apiKey: 20_002,
  fields: {
    topicId: uuid(),
    origin: int8(), // 0: a Topic resource was applied; 1: made through Kafka's protocol; 2: internal
    /** Of its Topic resource; null where that is not made yet. Only a deletion of this uid counts. */
    resourceUid: string({ nullableSince: 0 }),
  },
})

/**
 * Only in snapshots: a topic that was removed, so that who was away for the RemoveTopicRecord may
 * delete its data too, and a new topic of the name begins above its leader epochs.
 */
export const RemovedTopicRecord = message({
  ...own,
  name: 'RemovedTopicRecord',
  apiKey: 20_003,
  fields: { topicId: uuid(), name: string(), leaderEpoch: int32() },
})

/** In snapshots, and after `kavka recover`: no broker epoch up to this one is given out again. */
export const BrokerEpochRecord = message({
  ...own,
  name: 'BrokerEpochRecord',
  apiKey: 20_004,
  fields: { brokerEpoch: int64() },
})
