/** What a follower asks of a partition's leader: the fields of a Fetch request, by Kafka's names. */
export type PartitionFetch = {
  /** In which the follower believes. */
  readonly currentLeaderEpoch: number
  /** Where its log ends, and all before it counts: it is flushed where the topic flushes always. */
  readonly fetchOffset: number
  /** Of the last batch before that; -1 where the log has none. */
  readonly lastFetchedEpoch: number
  readonly logStartOffset: number
  /**
   * When the leader gave the last answer that came, by the leader's own clock; -1 before that. A field of
   * ours: it shows the leader that it is followed still, and has not just found an old request.
   */
  readonly answeredMs: number
}

/** As it comes to the leader: the epoch tells which incarnation of the broker asks (KIP-903). */
export type ReplicaFetch = PartitionFetch & {
  readonly brokerId: number
  readonly brokerEpoch: number
}
