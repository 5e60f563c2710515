import type { Files } from '../../../lib/files.ts'
import { invariant } from '../../../lib/invariant.ts'
import { replaceFileLater } from '../../../lib/replace-file.ts'
import { decodePartitionMetadata, encodePartitionMetadata } from '../partition-metadata.ts'

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

/**
 * Makes the directory of a log, durably its topic's before a batch is in it, but for the name of the
 * directory itself.
 *
 * @param topicIdAt Of the log that lies at a path just now: it may be deleted while the disk is busy.
 */
export async function makeOwned(
  files: Files,
  directory: string,
  topicIdAt: (path: string) => string | undefined,
): Promise<void> {
  const topicId = topicIdAt(directory)
  invariant(topicId !== undefined, 'a log was opened before it is written')
  files.makeDirectory(directory)
  if (readTopicId(files, directory) !== undefined) return
  const content = encodePartitionMetadata({ topicId })
  const isWanted = () => topicIdAt(directory) === topicId
  await replaceFileLater(files, directory, fileName, content, isWanted)
  await files.syncDirectoryLater(directory)
}

const fileName = 'partition.metadata'
