/** @see https://kafka.apache.org/documentation/#basic_ops_add_topic */
export function isTopicName(name: string): boolean {
  return /^[a-zA-Z0-9._-]{1,249}$/.test(name) && name !== '.' && name !== '..'
}

/** What is answered for a topic that is not there. */
export function missingTopicCode(name: string) {
  return isTopicName(name) ? 'UNKNOWN_TOPIC_OR_PARTITION' : 'INVALID_TOPIC_EXCEPTION'
}
