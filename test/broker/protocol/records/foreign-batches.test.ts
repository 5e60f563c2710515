import { expect, test } from 'vitest'
import { compressionOf } from '../../../../broker/protocol/records/header.ts'
import { at } from '../../../../broker/protocol/records/layout.ts'
import { readRecords } from '../../../../broker/protocol/records/read.ts'
import { validateProducedBatch } from '../../../../broker/protocol/records/validate.ts'
import { validateProducedRecords } from '../../../../broker/protocol/records/validate-records.ts'
import {
  batchClients,
  readBatchFixtures,
  recordsOf,
  toFixtureRecord,
} from '../../../support/batch-fixtures.ts'

// Written by scripts/capture-batches.ts.
const fixtures = batchClients.flatMap(readBatchFixtures)

test.each(fixtures)('$name of $client is taken, and read as it was meant', (fixture) => {
  const batch = Buffer.from(fixture.base64, 'base64')
  validateProducedBatch(batch)
  validateProducedRecords(batch, { budget: budget() })
  expect(compressionOf(batch, 0)).toBe(fixture.compression)

  const expected = recordsOf(fixture.records)
  const read = readRecords(batch, { budget: budget() }).map(toFixtureRecord)
  // Where the client does not say what time it wrote, any will do.
  const withTimes = expected.map((record, i) => ({ timestamp: read[i]?.timestamp, ...record }))
  expect(read).toEqual(withTimes)
})

test('the lz4 frames differ: no client links blocks or adds checksums, the lz4 command does', () => {
  const lz4 = fixtures.filter(({ name }) => name.startsWith('large-lz4'))
  const flags = lz4.map(({ client, base64 }) => [
    client.replace(/ .*/, ''),
    ...lz4Flags(Buffer.from(base64, 'base64')),
  ])
  expect(flags).toEqual([
    ['kcat', 'independent blocks'],
    ['confluent-kafka', 'independent blocks'],
    ['platformatic-kafka', 'independent blocks'],
    ['lz4', 'linked blocks', 'content checksum'],
    ['lz4', 'independent blocks', 'block checksums', 'content size'],
  ])
})

function budget() {
  return { remainingBytes: 1_000_000 }
}

/** The first byte of the frame descriptor, behind the magic number: lz4_Frame_format.md. */
function lz4Flags(batch: Buffer): string[] {
  const flags = batch[at.records + 4] as number
  const said = ['block checksums', 'content size', 'content checksum']
  const set = said.filter((_, i) => (flags & (0b1_0000 >> i)) !== 0)
  return [(flags & 0b10_0000) === 0 ? 'linked blocks' : 'independent blocks', ...set]
}
