import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { buildBatch } from '../../broker/protocol/records/build.ts'
import { compressionTypes } from '../../broker/protocol/records/layout.ts'
import { runJava, whyNoKafka } from '../../scripts/kafka/jars.ts'
import { type FixtureRecord, fromFixtureRecord, recordsOf } from '../support/batch-fixtures.ts'
import { largeRecords, smallRecords } from '../support/sample-records.ts'
import { startStubBroker } from '../support/stub-broker.ts'
import { confluentKafka } from './consumers/confluent-kafka.ts'
import { kafkajs } from './consumers/kafkajs.ts'
import { kcat } from './consumers/kcat.ts'
import { platformaticKafka } from './consumers/platformatic-kafka.ts'

const sizes = { small: smallRecords, large: recordsOf(largeRecords) }
const batches = compressionTypes.flatMap((compression) =>
  (['small', 'large'] as const).map((size) => {
    const batch = buildBatch({ records: sizes[size].map(fromFixtureRecord), compression })
    return { topic: `${compression}-${size}`, compression, records: sizes[size], batch }
  }),
)

describe.each([kcat, confluentKafka, platformaticKafka, kafkajs])('$name', (consumer) => {
  const missing = consumer.whyMissing?.()
  const name = `reads our batches of ${consumer.compressions.join(', ')}`

  test.skipIf(missing !== undefined)(missing ?? name, { timeout: 30_000 }, async ({ signal }) => {
    const own = batches.filter(({ compression }) => consumer.compressions.includes(compression))
    const topics = Object.fromEntries(own.map(({ topic, batch }) => [topic, [batch]]))
    await using stub = await startStubBroker({ topics })
    const { bootstrapServers } = stub
    for (const { topic, records } of own) {
      const read = await consumer.consume({
        bootstrapServers,
        topic,
        count: records.length,
        signal,
      })
      expect(read, topic).toEqual(records)
    }
  })
})

const noKafka = whyNoKafka()
// The first run on a machine downloads Kafka's jars.
const javaTest = { timeout: 180_000, skip: noKafka !== undefined }

test(noKafka ?? "Kafka's own reader reads our batches of every compression", javaTest, () => {
  expect(readWithJava(batches.map(({ batch }) => batch))).toEqual(
    batches.map(({ records }) => records),
  )
})

function readWithJava(bytes: readonly Uint8Array[]): (FixtureRecord[] | string)[] {
  const folder = mkdtempSync(join(tmpdir(), 'kavka-batches-'))
  try {
    const file = join(folder, 'batches')
    writeFileSync(file, bytes.map((own) => Buffer.from(own).toString('base64')).join('\n'))
    return JSON.parse(runJava('ReadBatches.java', [file])) as (FixtureRecord[] | string)[]
  } finally {
    rmSync(folder, { recursive: true })
  }
}
