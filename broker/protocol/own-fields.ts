import { BrokerHeartbeatRequest, BrokerRegistrationRequest } from './generated/controller.ts'
import { FetchRequest, FetchResponse } from './generated/produce-fetch.ts'
import { array, bool, type Fields, int32, int64, struct, uuid } from './schema/fields.ts'
import type { Message } from './schema/message.ts'

/**
 * Where a broker or controller is in the metadata log: what `MetadataPosition` says. Kafka's fields
 * carry the number of an epoch alone, which may be given out twice after the log was restored.
 *
 * A tagged field of our own, with a tag where Kafka (which counts from 0) will not come: whoever does
 * not know it passes over it (KIP-482), and where nothing is said it is not there.
 */
const metadataPosition = (since: number) => ({
  metadataPosition: struct(
    { offset: int64(), epoch: int32(), incarnationId: uuid() },
    { since, tag: 10_000, nullableSince: since, default: null },
  ),
})

/** Nothing that the last life of the broker wrote is lost, flushed or not: see `judgeReturn`. */
const isCacheKept = bool({ tag: 10_001, default: false })

/** Where logs end of partitions that nobody can lead before this is known: see `ReplicaEndsToTell`. */
const replicaEnds = array(
  struct({
    topicId: uuid(),
    partition: int32(),
    leaderEpoch: int32(),
    lastEpoch: int32(),
    endOffset: int64(),
  }),
  { tag: 10_001 },
)

/**
 * When a leader gave the last answer that a follower has heard, in whole milliseconds of the leader's own
 * monotonic clock: it shows the leader that it is followed still (safety rule 19). -1: it has heard none.
 */
const answeredMs = int64({ since: 12, tag: 10_002, default: -1 })

/** Requests of Kafka's with what our brokers add to them for their controller. */
export const ownRequests = {
  Fetch: extended(FetchRequest, { ...metadataPosition(12), answeredMs }),
  BrokerRegistration: extended(BrokerRegistrationRequest, { ...metadataPosition(0), isCacheKept }),
  BrokerHeartbeat: extended(BrokerHeartbeatRequest, { ...metadataPosition(0), replicaEnds }),
} as const

/** Responses of Kafka's with what our controller adds to them. */
export const ownResponses = {
  Fetch: extended(FetchResponse, { ...metadataPosition(12), answeredMs }),
} as const

function extended<F extends Fields, O extends Fields>(type: Message<F>, own: O): Message<F & O> {
  return { ...type, fields: { ...type.fields, ...own } }
}
