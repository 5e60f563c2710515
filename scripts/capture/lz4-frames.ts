import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeCrc } from '../../broker/protocol/records/batch-crc.ts'
import { buildBatch } from '../../broker/protocol/records/build.ts'
import { writeInt16, writeInt32 } from '../../broker/protocol/records/bytes.ts'
import {
  at,
  compressionTypes,
  headerSizeBytes,
  logOverheadBytes,
} from '../../broker/protocol/records/layout.ts'
import { run } from '../../test/clients/tools.ts'
import {
  type BatchFixture,
  fromFixtureRecord,
  recordsOf,
} from '../../test/support/batch-fixtures.ts'
import { largeRecords } from '../../test/support/sample-records.ts'

/**
 * Batches around what the lz4 command makes: frames as the format allows them and no client that
 * was tried makes them, but another may.
 */
export async function lz4Frames(): Promise<BatchFixture[]> {
  const client = (await run('lz4', ['--version'])).toString().match(/v[\d.]+/)?.[0] ?? ''
  const frames = {
    // Blocks of 64 KB, each with those before it as its dictionary. The content checksum is on.
    'linked-blocks-content-checksum': ['-B4', '-BD'],
    'block-checksums-content-size': ['-B4', '-BX', '--content-size', '--no-frame-crc'],
  }
  return Promise.all(
    Object.entries(frames).map(async ([what, args]) => ({
      name: `large-lz4-${what}`,
      client: `lz4 command ${client.slice(1)}`,
      compression: 'lz4' as const,
      records: largeRecords,
      base64: (await wrapped(args)).toString('base64'),
    })),
  )
}

async function wrapped(args: readonly string[]): Promise<Buffer> {
  const plain = buildBatch({ records: recordsOf(largeRecords).map(fromFixtureRecord) })
  const input = plain.subarray(headerSizeBytes)
  const frame = await compressed(input, args)
  const batch = Buffer.concat([plain.subarray(0, headerSizeBytes), frame])
  writeInt32(batch, at.batchLength, batch.length - logOverheadBytes)
  writeInt16(batch, at.attributes, compressionTypes.indexOf('lz4'))
  writeCrc(batch, 0)
  return batch
}

/** From a file, since the command knows no size of what comes through a pipe. */
async function compressed(input: Uint8Array, args: readonly string[]): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), 'kavka-lz4-'))
  try {
    const file = join(folder, 'records')
    writeFileSync(file, input)
    return await run('lz4', ['-c', ...args, file])
  } finally {
    rmSync(folder, { recursive: true })
  }
}
