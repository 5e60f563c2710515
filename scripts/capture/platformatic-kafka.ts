import { Producer } from '@platformatic/kafka'
import { compressionTypes } from '../../broker/protocol/records/layout.ts'
import { fromBase64 } from '../../test/support/batch-fixtures.ts'
import { npmVersion } from './npm-version.ts'
import type { ForeignProducer } from './producer.ts'

/**
 * @platformatic/kafka takes headers as a map; buffers are never the same key. It writes deltas from
 * 2^31 on wrong (`value >> 31n` in the zigzag of @platformatic/dynamic-buffer 0.3.1), so timestamps
 * of one batch may lie 24 days apart at most.
 */
export const platformaticKafka: ForeignProducer = {
  name: 'platformatic-kafka',
  version: async () => npmVersion('@platformatic/kafka'),
  compressions: compressionTypes,
  sent(records) {
    const last = (records[0]?.timestamp ?? 0) + 2 ** 31 - 1
    return records.map((own) => ({ ...own, timestamp: Math.min(own.timestamp ?? 0, last) }))
  },
  async produce(bootstrapServers, jobs) {
    for (const { topic, compression, idempotent, records } of jobs) {
      const producer = new Producer({
        clientId: 'platformatic-kafka',
        bootstrapBrokers: [bootstrapServers],
      })
      const messages = records.map(({ timestamp, key, value, headers }) => ({
        topic,
        partition: 0,
        timestamp: BigInt(timestamp as number),
        key: fromBase64(key) as Buffer,
        value: fromBase64(value) as Buffer,
        headers: new Map(
          headers.map(([name, own]) => [Buffer.from(name), fromBase64(own) as Buffer]),
        ),
      }))
      await producer.send({ messages, compression, idempotent, acks: -1 })
      await producer.close()
    }
  },
}
