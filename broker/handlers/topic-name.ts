/** Whether a topic may be called so. Source: Kafka's Topic.validate. */
export function isTopicName(name: string): boolean {
  return /^[\w.-]{1,249}$/.test(name) && name !== '.' && name !== '..'
}

/** Topics that are the cluster's own. */
export function isInternalTopic(name: string): boolean {
  return internal.has(name)
}

const internal = new Set(['__consumer_offsets', '__transaction_state', '__share_group_state'])
