import { CompressionTypes, Kafka, logLevel } from 'kafkajs'
import { type FixtureRecord, fromBase64 } from '../../test/support/batch-fixtures.ts'
import { npmVersion } from './npm-version.ts'
import type { ForeignProducer } from './producer.ts'

/** kafkajs takes headers as an object, so those of one key must stand together; none may be null. */
export const kafkajs: ForeignProducer = {
  name: 'kafkajs',
  version: async () => npmVersion('kafkajs'),
  compressions: ['none', 'gzip'],
  sent: (records) => records.map((record) => ({ ...record, headers: withValue(record.headers) })),
  async produce(bootstrapServers, jobs) {
    for (const { topic, compression, idempotent, records } of jobs) {
      const kafka = new Kafka({
        clientId: 'kafkajs',
        brokers: [bootstrapServers],
        logLevel: logLevel.NOTHING,
      })
      const producer = kafka.producer({ idempotent })
      await producer.connect()
      const messages = records.map(({ timestamp, key, value, headers }) => ({
        partition: 0,
        timestamp: `${timestamp}`,
        key: fromBase64(key),
        value: fromBase64(value),
        headers: toObject(headers),
      }))
      const type = compression === 'gzip' ? CompressionTypes.GZIP : CompressionTypes.None
      await producer.send({ topic, messages, compression: type, acks: -1 })
      await producer.disconnect()
    }
  },
}

function toObject(headers: FixtureRecord['headers']) {
  const byKey = Map.groupBy(headers, ([key]) => key)
  const values = [...byKey].map(([key, own]) => [key, own.map(([, value]) => fromBase64(value))])
  return Object.fromEntries(values.map(([key, own]) => [key, own?.length === 1 ? own[0] : own]))
}

function withValue(headers: FixtureRecord['headers']): FixtureRecord['headers'] {
  return headers.filter(([, value]) => value !== null)
}
