/** Topics that are the brokers' own: they are made by whoever needs them, and no client writes to them. */
export const internalTopics: ReadonlySet<string> = new Set([
  '__consumer_offsets',
  '__transaction_state',
])
