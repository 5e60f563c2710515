import { join } from 'node:path'
import { compressionTypes } from '../../broker/protocol/records/layout.ts'
import { python, run } from '../../test/clients/tools.ts'
import type { ForeignProducer } from './producer.ts'

/** Python's confluent-kafka with the librdkafka of its wheel. */
export const confluentKafka: ForeignProducer = {
  name: 'confluent-kafka',
  async version() {
    const versions = 'import confluent_kafka as c; print(c.version(), c.libversion()[0])'
    const [own, librdkafka] = (await run(python, ['-c', versions])).toString().trim().split(' ')
    return `${own} (librdkafka ${librdkafka})`
  },
  compressions: compressionTypes,
  async produce(bootstrapServers, jobs) {
    const script = join(import.meta.dirname, 'produce.py')
    await run(python, [script, bootstrapServers], { input: JSON.stringify(jobs) })
  },
}
