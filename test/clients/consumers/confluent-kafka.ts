import { join } from 'node:path'
import { compressionTypes } from '../../../broker/protocol/records/layout.ts'
import type { FixtureRecord } from '../../support/batch-fixtures.ts'
import { python, run, whyNoConfluentKafka } from '../tools.ts'
import type { ForeignConsumer } from './consumer.ts'

/** Python's confluent-kafka with a new librdkafka, its partition assigned by hand. */
export const confluentKafka: ForeignConsumer = {
  name: 'confluent-kafka',
  compressions: compressionTypes,
  whyMissing: whyNoConfluentKafka,
  async consume({ bootstrapServers, topic, count, signal }) {
    const script = join(import.meta.dirname, 'consume.py')
    const args = [script, bootstrapServers, topic, `${count}`]
    const printed = await run(python, args, signal && { signal })
    return JSON.parse(printed.toString('utf8')) as FixtureRecord[]
  },
}
