import { Kafka, logLevel } from 'kafkajs'

/** kafkajs that tries again soon, and for a minute: brokers are killed meanwhile. */
export function patientKafka(bootstrapServers: string, clientId: string): Kafka {
  return new Kafka({
    clientId,
    brokers: bootstrapServers.split(','),
    logLevel: logLevel.NOTHING,
    requestTimeout: 5_000,
    retry: { initialRetryTime: 30, maxRetryTime: 300, retries: 200 },
  })
}
