import type { Files } from '../../../lib/files.ts'
import {
  type Leftover,
  leftoverName,
  parseLeftoverName,
  partitionName,
  type TopicPartition,
} from './partition-name.ts'

/** The directories of a kind that lie beside those of partitions. */
export function leftovers(files: Files, directory: string, kind: Leftover['kind']): Leftover[] {
  const found = files.list(directory).flatMap((name) => parseLeftoverName(name) ?? [])
  return found.filter((one) => one.kind === kind)
}

/**
 * Takes the directory of a partition out of the way under another name, durably.
 *
 * @returns The new name, or undefined if there is no directory.
 */
export function renameAway(
  files: Files,
  directory: string,
  partition: TopicPartition,
  { id, kind }: Pick<Leftover, 'id' | 'kind'>,
): string | undefined {
  const there = new Set(files.list(directory))
  if (!there.has(partitionName(partition))) return undefined
  let name = leftoverName(partition, { id, kind })
  // Set aside before, then made again by somebody who believed in the old topic.
  for (let count = 2; there.has(name); count++) {
    name = leftoverName(partition, { id: `${id}.${count}`, kind })
  }
  files.rename(`${directory}/${partitionName(partition)}`, `${directory}/${name}`)
  files.syncDirectory(directory)
  return name
}
