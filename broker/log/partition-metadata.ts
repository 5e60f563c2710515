import { CorruptFileError } from './corrupt-file-error.ts'
import { linesOf, parseCount, toUtf8 } from './text-file.ts'
import { isUuid } from './uuid-text.ts'

const file = 'partition.metadata'

/** The id of the topic that a directory belongs to; topics of one name may follow each other. */
export function encodePartitionMetadata({ topicId }: { topicId: string }): Uint8Array {
  return toUtf8(`version: 0\ntopic_id: ${topicId}`) // without a line end, as Kafka has it
}

/**
 * A later version passes, as with Kafka: it may add lines, but must keep these two.
 *
 * @throws {CorruptFileError}
 */
export function decodePartitionMetadata(bytes: Uint8Array): { topicId: string } {
  const lines = linesOf(file, bytes)
  parseCount(file, valueOf('version', lines[0], 1), 1)
  const topicId = valueOf('topic_id', lines[1], 2)
  if (isUuid(topicId)) return { topicId }
  throw new CorruptFileError(file, `${JSON.stringify(topicId)} is no topic id`, { line: 2 })
}

function valueOf(key: string, text: string | undefined, line: number): string {
  const [found, value] = text?.split(/:\s+(.*)/s) ?? []
  if (found === key && value !== undefined) return value
  throw new CorruptFileError(file, `there should be "${key}: " and a value`, { line })
}
