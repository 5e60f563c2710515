import { type IHeaders, Kafka, logLevel } from 'kafkajs'
import { type FixtureRecord, toBase64 } from '../../support/batch-fixtures.ts'
import type { ForeignConsumer } from './consumer.ts'

/** kafkajs with a group. Its other codecs are packages of their own. */
export const kafkajs: ForeignConsumer = {
  name: 'kafkajs',
  compressions: ['none', 'gzip'],
  async consume({ bootstrapServers, topic, count }) {
    const kafka = new Kafka({
      clientId: 'kafkajs',
      brokers: [bootstrapServers],
      logLevel: logLevel.NOTHING,
    })
    const consumer = kafka.consumer({ groupId: topic, maxWaitTimeInMs: 100 })
    const records: FixtureRecord[] = []
    const { promise: done, resolve, reject } = Promise.withResolvers<void>()
    consumer.on('consumer.crash', ({ payload }) => reject(payload.error))
    await consumer.connect()
    try {
      await consumer.subscribe({ topics: [topic], fromBeginning: true })
      await consumer.run({
        autoCommit: false,
        async eachMessage({ message: { offset, timestamp, key, value, headers } }) {
          records.push({
            offset: Number(offset),
            timestamp: Number(timestamp),
            key: toBase64(key),
            value: toBase64(value),
            headers: toPairs(headers ?? {}),
          })
          if (records.length === count) resolve()
        },
      })
      await done
    } finally {
      await consumer.disconnect()
    }
    return records
  },
}

function toPairs(headers: IHeaders): FixtureRecord['headers'] {
  return Object.entries(headers).flatMap(([key, value]) =>
    [value].flat().map((own): [string, string | null] => {
      return [key, own === undefined || own === null ? null : toBase64(Buffer.from(own as Buffer))]
    }),
  )
}
