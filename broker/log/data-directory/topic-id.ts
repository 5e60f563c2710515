import type { Files } from '../../io/files.ts'
import { decodePartitionMetadata, encodePartitionMetadata } from '../partition-metadata.ts'
import { replaceFileLater } from '../replace-file.ts'

/**
 * The id of the topic that the log in a directory belongs to.
 *
 * @returns Undefined where nobody has said so yet.
 * @throws {CorruptFileError}
 */
export function readTopicId(files: Files, directory: string): string | undefined {
  const bytes = files.readFile(`${directory}/${fileName}`)
  return bytes === undefined ? undefined : decodePartitionMetadata(bytes).topicId
}

/** Says so, durably but for the names of file and directory. */
export function writeTopicId(
  files: Files,
  directory: string,
  topicId: string,
  isWanted: () => boolean,
): Promise<void> {
  const content = encodePartitionMetadata({ topicId })
  return replaceFileLater(files, directory, fileName, content, isWanted)
}

const fileName = 'partition.metadata'
