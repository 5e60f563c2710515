import type { MetadataImage, VersionRange } from '../../../broker/metadata/image.ts'
import { metadataLevelOf, metadataVersion } from '../../../broker/metadata/levels.ts'
import { metadataRecord } from '../../../broker/metadata/records.ts'
import { KafkaError } from '../../../broker/protocol/errors.ts'
import type { Decision } from './decision.ts'

/** Who reads the metadata log beside brokers. */
export type Readers = {
  /** What each replica of the operator reads, by its name. Undefined: that is not known. */
  readonly operators: ReadonlyMap<string, VersionRange | undefined>
  /** The highest level that this one knows. */
  readonly readsUpTo: number
}

/**
 * Raises the level at which the metadata log is written, once everybody reads that: each broker that is
 * registered, since one that is fenced comes back, and each replica of the operator, since any of them
 * may have to take over (safety rules, case 18). It does not go down, since what needs it may be in the log.
 *
 * @param about.level Of `metadata.version`. The one that it is at already is written nowhere.
 * @throws {KafkaError} INVALID_UPDATE_VERSION, with who is in the way. Source: FeatureControlManager.
 */
export function raiseLevel(
  image: MetadataImage,
  { level: featureLevel, operators, readsUpTo }: Readers & { readonly level: number },
): Decision<undefined> {
  const now = metadataLevelOf(image)
  if (featureLevel < now) throw refused(featureLevel, `it is at ${now}, and does not go down`)
  if (featureLevel > readsUpTo) {
    throw refused(featureLevel, `this version of kavka knows only up to ${readsUpTo}`)
  }
  for (const { id, features } of image.brokers.values()) {
    check(featureLevel, `broker ${id}`, features.get(metadataVersion))
  }
  for (const [name, range] of operators) check(featureLevel, `operator ${name}`, range)
  // Said already, and not only by not saying anything.
  if (image.features.get(metadataVersion) === featureLevel)
    return { records: [], response: undefined }
  const record = metadataRecord('FeatureLevelRecord', { name: metadataVersion, featureLevel })
  return { records: [record], response: undefined }
}

function check(level: number, who: string, range: VersionRange | undefined): void {
  if (range === undefined) throw refused(level, `${who} does not say what it reads`)
  if (level >= range.min && level <= range.max) return
  throw refused(level, `${who} reads ${range.min} to ${range.max}`)
}

function refused(level: number, why: string): KafkaError {
  const message = `Invalid update version ${level} for feature ${metadataVersion}: ${why}.`
  return new KafkaError('INVALID_UPDATE_VERSION', message)
}
