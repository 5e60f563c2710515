import { StorageError } from '../../../lib/storage-error.ts'
import { KafkaError } from '../../protocol/errors.ts'
import { baseOffsetOf, nextOffsetOf } from '../../protocol/records/header.ts'
import { at, headerSizeBytes } from '../../protocol/records/layout.ts'
import { validateBatch } from '../../protocol/records/validate.ts'

/** What a segment holds, up to where it is not good any more. */
export type SegmentSurvey = {
  /** Where each batch begins, in bytes. */
  readonly starts: readonly number[]
  readonly endOffset: number
  /** Where the last good batch ends. */
  readonly sizeBytes: number
  /** What is wrong with the bytes behind that; undefined where there are none. */
  readonly damage: string | undefined
}

/**
 * Goes over a segment batch by batch.
 *
 * @throws {StorageError} Untrusted, where it cannot be that an append was only cut short: a batch
 *   of another offset, or a good one behind one that is not. Appends are made durable one by one.
 */
export function surveySegment(bytes: Uint8Array, path: string, baseOffset: number): SegmentSurvey {
  const starts: number[] = []
  let position = 0
  let offset = baseOffset
  while (position < bytes.length) {
    const checked = checkBatch(bytes, position)
    if (typeof checked === 'string') {
      const later = nextGoodBatch(bytes, position + 1)
      if (later !== undefined) {
        const what = `damaged at byte ${position}, offset ${offset}: ${checked}`
        throw untrusted(path, `${what}; good batches follow from byte ${later} on`)
      }
      return { starts, endOffset: offset, sizeBytes: position, damage: checked }
    }
    if (baseOffsetOf(bytes, position) !== offset) {
      const found = baseOffsetOf(bytes, position)
      throw untrusted(path, `at byte ${position} is offset ${found} where ${offset} is next`)
    }
    starts.push(position)
    offset = nextOffsetOf(bytes, position)
    position = checked
  }
  return { starts, endOffset: offset, sizeBytes: position, damage: undefined }
}

export function untrusted(path: string, what: string, options?: ErrorOptions): StorageError {
  return new StorageError('Untrusted', `${path}: ${what}`, options)
}

/** @returns Where the batch ends, or what is wrong with it. */
function checkBatch(bytes: Uint8Array, start: number): number | string {
  try {
    return validateBatch(bytes, start)
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    return error.message
  }
}

function nextGoodBatch(bytes: Uint8Array, from: number): number | undefined {
  for (let start = from; start + headerSizeBytes <= bytes.length; start++) {
    if (bytes[start + at.magic] !== 2 || bytes[start] !== 0) continue // no offset is that large
    if (typeof checkBatch(bytes, start) === 'number') return start
  }
  return undefined
}
