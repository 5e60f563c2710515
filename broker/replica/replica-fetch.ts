/** What a follower asks of a partition's leader: the fields of a Fetch request, by Kafka's names. */
export type PartitionFetch = {
  /** In which the follower believes. */
  readonly currentLeaderEpoch: number
  /** Where its log ends, and all before it counts: it is flushed where the topic flushes always. */
  readonly fetchOffset: number
  /** Of the last batch before that; -1 where the log has none. */
  readonly lastFetchedEpoch: number
  readonly logStartOffset: number
}

/** As it comes to the leader: the epoch tells which incarnation of the broker asks (KIP-903). */
export type ReplicaFetch = PartitionFetch & {
  readonly brokerId: number
  readonly brokerEpoch: number
}
