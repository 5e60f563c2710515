import { invariant } from '../../../lib/invariant.ts'
import type { Files } from '../../io/files.ts'
import { decodePartitionMetadata, encodePartitionMetadata } from '../partition-metadata.ts'
import { replaceFile } from '../replace-file.ts'

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

/** Says so, durably but for the name of the directory itself. */
function writeTopicId(files: Files, directory: string, topicId: string): void {
  replaceFile(files, directory, fileName, encodePartitionMetadata({ topicId }))
}

/**
 * Files with which a directory that is made for a log is its topic's before a batch is in it.
 *
 * @param topicIdAt Of the log that lies at a path.
 */
export function withTopicIds(files: Files, topicIdAt: (path: string) => string | undefined): Files {
  return {
    ...files,
    makeDirectory: (path) => {
      files.makeDirectory(path)
      const topicId = topicIdAt(path)
      invariant(topicId !== undefined, 'a log was opened before it is written')
      if (readTopicId(files, path) === undefined) writeTopicId(files, path, topicId)
    },
  }
}

const fileName = 'partition.metadata'
