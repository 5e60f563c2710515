import { CorruptFileError } from '../../../broker/log/corrupt-file-error.ts'
import type { AppendedBatch, AppendedTransactionEnd } from '../../../broker/log/producer-batch.ts'
import { KafkaError } from '../../../broker/protocol/errors.ts'

/** What the tests leave out of a batch is not what they are about. */
export function batch(input: Partial<AppendedBatch> = {}): AppendedBatch {
  return {
    producerId: 1,
    producerEpoch: 0,
    baseSequence: 0,
    lastOffsetDelta: 0,
    isTransactional: false,
    baseOffset: 0,
    maxTimestamp: 1_000,
    ...input,
  }
}

export function marker(input: Partial<AppendedTransactionEnd> = {}): AppendedTransactionEnd {
  return {
    producerId: 1,
    producerEpoch: 0,
    coordinatorEpoch: 0,
    type: 'commit',
    offset: 0,
    timestamp: 1_000,
    ...input,
  }
}

/** @returns The code of the KafkaError that was thrown, or undefined if nothing was. */
export function codeOf(run: () => unknown): string | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    return error.code
  }
}

/** @returns The CorruptFileError that was thrown, or undefined if nothing was. */
export function corruptionOf(run: () => unknown): CorruptFileError | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    if (!(error instanceof CorruptFileError)) throw error
    return error
  }
}
