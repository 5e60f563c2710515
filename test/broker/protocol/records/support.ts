import { expect } from 'vitest'
import type { KafkaError } from '../../../../broker/protocol/errors.ts'
import { writeCrc } from '../../../../broker/protocol/records/batch-crc.ts'
import { type BatchInput, buildBatch } from '../../../../broker/protocol/records/build.ts'

export const kafkaError = (code: KafkaError['code']) =>
  expect.objectContaining({ name: 'KafkaError', code })

/** Three plain records from 1,000 ms on, as an idempotent producer sends them. */
export function producedBatch(input: Partial<BatchInput> = {}): Buffer {
  const records = [0, 1, 2].map((index) => ({
    timestamp: 1_000 + index,
    key: Buffer.from(`key-${index}`),
    value: Buffer.from(`value-${index}`),
  }))
  const producer = { producerId: 7, producerEpoch: 0, baseSequence: 0 }
  return Buffer.from(buildBatch({ records, ...producer, ...input }))
}

/** The same batch changed by `change`, with the CRC it then has. */
export function changed(bytes: Uint8Array, change: (copy: Buffer) => void): Buffer {
  const copy = Buffer.from(bytes)
  change(copy)
  writeCrc(copy, 0)
  return copy
}

/** More than any test needs. */
export const plenty = () => ({ remainingBytes: 100_000_000 })
