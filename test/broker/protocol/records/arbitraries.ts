import fc from 'fast-check'
import type { BatchInput } from '../../../../broker/protocol/records/build.ts'
import { compressionTypes } from '../../../../broker/protocol/records/layout.ts'
import type { LogRecord } from '../../../../broker/protocol/records/record.ts'

const bytes = fc.uint8Array({ maxLength: 200 })
const nullableBytes = fc.option(bytes)
const timestamp = fc.oneof(
  fc.integer({ min: -1, max: 2 }),
  fc.integer({ min: 1.7e12, max: 1.8e12 }),
  fc.integer({ min: 1.7e12, max: 1.7e12 + 10_000 }),
  fc.maxSafeNat(),
)
const headers = fc.oneof(
  fc.constant([]),
  fc.array(fc.record({ key: bytes, value: nullableBytes }), { maxLength: 70, size: 'small' }),
)

/** A batch as it may lie in a log, its records with offsets that rise, perhaps with gaps. */
export const anyBatch: fc.Arbitrary<Batch> = fc
  .record({
    compression: fc.constantFrom(...compressionTypes),
    baseOffset: fc.oneof(fc.nat(), fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER - 1e6 })),
    partitionLeaderEpoch: fc.integer({ min: -1, max: 0x7fffffff }),
    producerId: fc.oneof(fc.constant(-1), fc.maxSafeNat()),
    producerEpoch: fc.integer({ min: -1, max: 0x7fff }),
    baseSequence: fc.integer({ min: -1, max: 0x7fffffff }),
    isTransactional: fc.boolean(),
    gapAfterLast: fc.integer({ min: 0, max: 300 }),
    records: fc.array(
      fc.record({
        gap: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 300 })),
        timestamp,
        key: nullableBytes,
        value: nullableBytes,
        headers,
      }),
      { minLength: 1, maxLength: 30 },
    ),
  })
  .map(({ gapAfterLast, records, ...batch }) => {
    let offset = batch.baseOffset - 1
    const placed = records.map(({ gap, ...record }) => {
      offset += 1 + gap
      return { offset, ...record }
    })
    const lastOffsetDelta = offset + gapAfterLast - batch.baseOffset
    return { ...batch, lastOffsetDelta, records: placed }
  })

type Batch = BatchInput &
  Required<Pick<BatchInput, 'baseOffset' | 'lastOffsetDelta'>> & {
    readonly compression: (typeof compressionTypes)[number]
    readonly records: readonly LogRecord[]
  }
