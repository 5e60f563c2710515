import { decodeCheckpoint, encodeCheckpoint } from './checkpoint-file.ts'
import { CorruptFileError, type SmallFile } from './corrupt-file-error.ts'
import { parseCount } from './text-file.ts'

/** The files of a data directory that have an offset for each of its partitions. */
export type OffsetCheckpoint = Extract<
  SmallFile,
  | 'recovery-point-offset-checkpoint'
  | 'replication-offset-checkpoint' // high watermarks
  | 'log-start-offset-checkpoint'
  | 'cleaner-offset-checkpoint'
>

export type PartitionOffset = {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

export function encodeOffsetCheckpoint(offsets: readonly PartitionOffset[]): Uint8Array {
  return encodeCheckpoint(
    offsets.map(({ topic, partition, offset }) => `${topic} ${partition} ${offset}`),
  )
}

/**
 * @returns In the order of the file. A partition may be there twice: the later one counts.
 * @throws {CorruptFileError}
 */
export function decodeOffsetCheckpoint(
  file: OffsetCheckpoint,
  bytes: Uint8Array,
): PartitionOffset[] {
  return decodeCheckpoint(file, bytes, {
    words: 3,
    parse: ([topic = '', partitionText = '', offset = ''], line) => {
      const partition = parseCount(file, partitionText, line)
      if (partition > maxPartition) {
        throw new CorruptFileError(file, `there is no partition ${partition}`, { line })
      }
      return { topic, partition, offset: parseCount(file, offset, line) }
    },
  })
}

const maxPartition = 2 ** 31 - 1
