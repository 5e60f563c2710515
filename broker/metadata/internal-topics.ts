/** Topics that brokers keep for themselves. Source: Kafka's Topic.isInternal. */
export function isInternalTopic(name: string): boolean {
  return internalTopics.has(name)
}

const internalTopics: ReadonlySet<string> = new Set([
  '__consumer_offsets',
  '__transaction_state',
  '__share_group_state',
])
