/** What has settings, by Kafka's numbers. Source: ConfigResource.Type. */
export const configTypes = {
  topic: 2,
  /** An empty name is all brokers. */
  broker: 4,
  brokerLogger: 8,
  clientMetrics: 16,
  group: 32,
} as const
