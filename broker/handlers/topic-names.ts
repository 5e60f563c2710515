/** @see https://kafka.apache.org/documentation/#basic_ops_add_topic */
export function isTopicName(name: string): boolean {
  return /^[a-zA-Z0-9._-]{1,249}$/.test(name) && name !== '.' && name !== '..'
}

/** Whether brokers keep a topic for themselves. Source: Kafka's Topic.isInternal. */
export function isInternalTopic(name: string): boolean {
  return internalTopics.has(name)
}

const internalTopics: ReadonlySet<string> = new Set([
  '__consumer_offsets',
  '__transaction_state',
  '__share_group_state',
])
