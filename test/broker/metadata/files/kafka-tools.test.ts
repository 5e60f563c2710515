import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { applyRecords } from '../../../../broker/metadata/apply.ts'
import { encodeBatch } from '../../../../broker/metadata/batch.ts'
import { MetadataLogFiles } from '../../../../broker/metadata/files/log-files.ts'
import { emptyImage } from '../../../../broker/metadata/image.ts'
import { type MetadataRecord, metadataRecord } from '../../../../broker/metadata/records.ts'
import { realClock } from '../../../../lib/clock.ts'
import { realFiles } from '../../../../lib/real-files.ts'
import { whyNoKafka } from '../../../../scripts/kafka/jars.ts'
import { type Dump, dumpLogSegments } from '../../log/dump-log-segments.ts'
import { brokerOf, takeOver, topicOf, uuid } from '../support.ts'

const missing = whyNoKafka()
// The first run on a machine downloads Kafka's jars.
const timeout = 180_000

const records: MetadataRecord[] = [
  metadataRecord('FeatureLevelRecord', { name: 'metadata.version', featureLevel: 29 }),
  takeOver(3, 1),
  brokerOf(1, 2),
  metadataRecord('BrokerRegistrationChangeRecord', { brokerId: 1, brokerEpoch: 2, fenced: -1 }),
  ...topicOf('orders', uuid(1), 2),
  metadataRecord('PartitionChangeRecord', { topicId: uuid(1), partitionId: 1, leader: 2 }),
]

describe.skipIf(missing !== undefined)(missing ?? "Kafka's DumpLogSegments", { timeout }, () => {
  let directory: string
  let dump: Dump

  beforeAll(async () => {
    directory = join(mkdtempSync(join(tmpdir(), 'kavka-metadata-')), '__cluster_metadata-0')
    const { log } = MetadataLogFiles.open({
      files: realFiles,
      clock: realClock,
      directory,
      mayJump: false,
    })
    await log.append(encodeBatch(records, { baseOffset: 0, controllerEpoch: 3, timestampMs: 1 }))
    const image = applyRecords(emptyImage, records)
    await log.takeSnapshot({ image, offset: log.endOffset })
    log.close()
    const files = readdirSync(directory).map((name) => join(directory, name))
    dump = await dumpLogSegments(files, ['--cluster-metadata-decoder'])
  }, timeout)
  afterAll(() => rmSync(join(directory, '..'), { recursive: true }))

  const linesOf = (ending: string) =>
    [...dump.lines].find(([path]) => path.endsWith(ending))?.[1] ?? []

  test('reads the log, and knows every record that is Kafka’s', () => {
    const lines = linesOf('.log').join('\n')
    for (const { type } of records) {
      if (type === 'ControllerEpochRecord') continue
      const inKafka = type.replace(/([a-z])([A-Z])/g, '$1_$2').toUpperCase()
      expect(lines).toContain(`{"type":"${inKafka}","version":`)
    }
    expect(lines).toContain('"name":"orders"')
    expect(lines).toContain('"leader":2')
  })

  test('reads the snapshot from its header to its footer', () => {
    const lines = linesOf('.checkpoint').join('\n')
    expect(lines).toContain('SnapshotHeader')
    expect(lines).toContain('SnapshotFooter')
    expect(lines).toContain('"PARTITION_RECORD"')
  })

  test('says of our own records that it does not know them, and goes on', () => {
    const text = [...dump.lines.values(), dump.complaints].flat().join('\n')
    expect(text).toContain('Unknown metadata id 20001')
  })
})
