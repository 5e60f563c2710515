import { decodeCheckpoint, encodeCheckpoint } from './checkpoint-file.ts'
import { CorruptFileError } from './corrupt-file-error.ts'
import type { LeaderEpochStart } from './leader-epochs.ts'
import { parseCount } from './text-file.ts'

const file = 'leader-epoch-checkpoint'

export function encodeLeaderEpochs(starts: readonly LeaderEpochStart[]): Uint8Array {
  return encodeCheckpoint(starts.map(({ epoch, startOffset }) => `${epoch} ${startOffset}`))
}

/**
 * @returns In the order of the file. `LeaderEpochs` drops what is not in order.
 * @throws {CorruptFileError}
 */
export function decodeLeaderEpochs(bytes: Uint8Array): LeaderEpochStart[] {
  return decodeCheckpoint(file, bytes, {
    words: 2,
    parse: ([epochText = '', startOffset = ''], line) => {
      const epoch = parseCount(file, epochText, line)
      if (epoch > maxEpoch) {
        throw new CorruptFileError(file, `there is no leader epoch ${epoch}`, { line })
      }
      return { epoch, startOffset: parseCount(file, startOffset, line) }
    },
  })
}

const maxEpoch = 2 ** 31 - 1
