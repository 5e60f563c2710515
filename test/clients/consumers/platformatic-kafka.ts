import { Consumer } from '@platformatic/kafka'
import { compressionTypes } from '../../../broker/protocol/records/layout.ts'
import { type FixtureRecord, toBase64 } from '../../support/batch-fixtures.ts'
import type { ForeignConsumer } from './consumer.ts'

/** @platformatic/kafka with a group. */
export const platformaticKafka: ForeignConsumer = {
  name: '@platformatic/kafka',
  compressions: compressionTypes,
  async consume({ bootstrapServers, topic, count }) {
    const consumer = new Consumer({
      clientId: 'platformatic-kafka',
      bootstrapBrokers: [bootstrapServers],
      groupId: topic,
    })
    const records: FixtureRecord[] = []
    try {
      const stream = await consumer.consume({
        topics: [topic],
        mode: 'earliest',
        autocommit: false,
        maxWaitTime: 100,
      })
      for await (const { offset, timestamp, key, value, headers } of stream) {
        records.push({
          offset: Number(offset),
          timestamp: Number(timestamp),
          key: toBase64(key),
          value: toBase64(value),
          headers: [...headers].map(([name, own]) => [name.toString('utf8'), toBase64(own)]),
        })
        if (records.length === count) break
      }
    } finally {
      await consumer.close(true)
    }
    return records
  },
}
