/** @see https://kafka.apache.org/documentation/#basic_ops_add_topic */
export function isTopicName(name: string): boolean {
  return /^[a-zA-Z0-9._-]{1,249}$/.test(name) && name !== '.' && name !== '..'
}
