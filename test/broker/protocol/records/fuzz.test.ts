import { afterAll, expect, test } from 'vitest'
import { KafkaError } from '../../../../broker/protocol/errors.ts'
import { writeCrc } from '../../../../broker/protocol/records/batch-crc.ts'
import { at, type CompressionType } from '../../../../broker/protocol/records/layout.ts'
import { readRecords } from '../../../../broker/protocol/records/read.ts'
import {
  validateBatch,
  validateProducedBatch,
} from '../../../../broker/protocol/records/validate.ts'
import { batchStarts, wholeBatchEnd } from '../../../../broker/protocol/records/walk.ts'
import { mutations } from '../../../support/mutate.ts'
import { producedBatch } from './support.ts'

// Nearly all that is thrown here is expected, and stacks are most of its cost.
const { stackTraceLimit } = Error
Error.stackTraceLimit = 0
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit
})

const headers = [
  { key: Buffer.from('h'), value: null },
  { key: Buffer.from('trace'), value: Buffer.from('12ab') },
]
const records = [0, 1, 2, 3].map((index) => ({
  timestamp: 1_700_000_000_000 + index * 100_000,
  key: index === 1 ? null : Buffer.from(`key-${index}`),
  value: index === 2 ? null : Buffer.alloc(90, `value-${index}`),
  headers: index === 3 ? headers : [],
}))

const counts: Record<CompressionType, number> = {
  none: 200_000,
  gzip: 15_000,
  snappy: 40_000,
  lz4: 40_000,
  zstd: 15_000,
}

test.each(Object.entries(counts) as [CompressionType, number][])(
  '%s: of %i mutated batches each is read or refused with a KafkaError',
  (compression, count) => {
    const original = producedBatch({ records, compression })
    let refused = 0
    let readCount = 0
    for (const bytes of mutations(original, { count, seed: 11 })) {
      if (refusal(() => validateBatch(bytes)) === undefined) validateAccepted(bytes)
      refusal(() => validateProducedBatch(bytes))
      refusal(() => [...batchStarts(bytes)])
      fixCrc(bytes)
      refusal(() => validateBatch(bytes))
      const budget = { remainingBytes: 10_000 }
      if (refusal(() => readRecords(bytes, { budget })) === undefined) readCount++
      else refused++
      if (budget.remainingBytes < 0) throw new Error(Buffer.from(bytes).toString('hex'))
    }
    expect(refused).toBeGreaterThan(count / 10) // otherwise it tests nothing
    expect(readCount).toBeGreaterThan(count / 100)
  },
)

/** What passes the CRC was only changed before it, or behind its end. */
function validateAccepted(bytes: Uint8Array): void {
  refusal(() => readRecords(bytes, { budget: { remainingBytes: 10_000 } }))
}

/** So that a mutation gets behind the check of the CRC. */
function fixCrc(bytes: Uint8Array): void {
  if (bytes.length < at.records) return
  const isWhole = refusal(() => wholeBatchEnd(bytes)) === undefined
  if (isWhole && wholeBatchEnd(bytes) !== undefined) writeCrc(bytes, 0)
}

/** The KafkaError of `run`, or undefined. Anything else fails the test. */
function refusal(run: () => unknown): KafkaError | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    if (error instanceof KafkaError) return error
    throw error
  }
}
