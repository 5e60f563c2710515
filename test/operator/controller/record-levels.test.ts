import { expect, test } from 'vitest'
import { type MetadataRecord, metadataRecord } from '../../../broker/metadata/records.ts'
import { realClock } from '../../../lib/clock.ts'
import { MetadataWriter } from '../../../operator/controller/metadata-writer.ts'
import { MemoryLog, MemoryStore } from '../../../operator/controller/store/memory-store.ts'
import { brokerOf, uuid } from '../../broker/metadata/support.ts'

test('a record that not all can read is our own mistake: nothing of the decision is appended', async () => {
  const log = new MemoryLog({ clusterId: 'c' })
  const writer = await MetadataWriter.open({
    store: new MemoryStore({ log, clock: realClock }),
    clock: realClock,
    incarnationId: uuid(1),
    onCommit: () => {},
    onStopped: () => {},
    log: () => {},
    onFatal: () => {},
  })
  const { offset } = log.position
  const decide = (record: MetadataRecord) => () => ({
    records: [metadataRecord('NoOpRecord', {}), record],
    response: undefined,
  })
  const broker = brokerOf(1, 1) as MetadataRecord<'RegisterBrokerRecord'>
  const cordoned = { ...broker, cordonedLogDirs: [uuid(5)] }
  await expect(writer.change(decide(cordoned))).rejects.toMatchObject({ name: 'InvariantError' })
  expect(log.position.offset).toBe(offset)

  await writer.change(decide(broker))
  expect(log.position.offset).toBe(offset + 2)
  expect(writer.committed.image.brokers.size).toBe(1)
})
