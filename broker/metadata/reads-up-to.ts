import type { VersionRange } from './image.ts'
import { MetadataError } from './metadata-error.ts'

/**
 * Kafka's level of the metadata log (`MetadataVersion`) up to which all is read here: that of Kafka
 * 4.2. With that of 4.3 come cordoned directories, for which the image has no place.
 */
export const maxMetadataVersion = 29

/** What whoever reads up to a level says of itself: from Kafka's 3.3 on, with which KRaft began. */
export function readRange(readsUpTo: number): VersionRange {
  return { min: 7, max: readsUpTo }
}

/**
 * A reader stops at a level that it does not know: it would skip what it does not see, and its image
 * would be another one than everybody else's (safety rules, case 18).
 *
 * @param level At which the log is written.
 * @throws {MetadataError} UnknownFeature
 */
export function checkIsRead(level: number, readsUpTo: number): void {
  if (level <= readsUpTo) return
  const message = `metadata.version ${level} is not known to this version of kavka`
  throw new MetadataError('UnknownFeature', `${message}, only up to ${readsUpTo}`)
}
