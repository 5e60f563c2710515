import type { MetadataImage } from '../../../broker/metadata/image.ts'
import { metadataLevelOf, metadataVersion } from '../../../broker/metadata/levels.ts'
import type { MetadataRecord } from '../../../broker/metadata/records.ts'
import type { RequestOf, ResponseInputOf } from '../../../broker/protocol/apis.ts'
import { KafkaError } from '../../../broker/protocol/errors.ts'
import type { Decision } from './decision.ts'
import { fine } from './outcome.ts'
import { type Readers, raiseLevel } from './raise-level.ts'

/**
 * Raises features of the cluster, all that are asked for or none. There is one, `metadata.version`.
 *
 * @throws {KafkaError} INVALID_UPDATE_VERSION, INVALID_REQUEST. Source: FeatureControlManager.updateFeatures.
 */
export function updateFeatures(
  image: MetadataImage,
  { featureUpdates, validateOnly }: RequestOf<'UpdateFeatures'>,
  readers: Readers,
): Decision<ResponseInputOf<'UpdateFeatures'>> {
  const names = featureUpdates.map(({ feature }) => feature)
  if (new Set(names).size < names.length) {
    throw new KafkaError('INVALID_REQUEST', 'A feature is there twice in the request.')
  }
  const records: MetadataRecord[] = []
  for (const update of featureUpdates) {
    const { feature, maxVersionLevel: level } = update
    const why = whyNot(update, metadataLevelOf(image))
    if (why !== undefined) {
      const message = `Invalid update version ${level} for feature ${feature}. ${why}`
      throw new KafkaError('INVALID_UPDATE_VERSION', message)
    }
    records.push(...raiseLevel(image, { level, ...readers }).records)
  }
  const results = names.map((feature) => ({ feature, ...fine }))
  return {
    records: validateOnly ? [] : records,
    response: { throttleTimeMs: 0, ...fine, results },
  }
}

type Update = RequestOf<'UpdateFeatures'>['featureUpdates'][number]

/** What is refused whoever reads it, in the words of Kafka where it has some. */
function whyNot(
  { feature, maxVersionLevel: level, allowDowngrade, upgradeType }: Update,
  now: number,
): string | undefined {
  if (feature !== metadataVersion) return 'The controller does not support the given feature.'
  if (upgradeType < upgrade || upgradeType > unsafeDowngrade) {
    return 'The controller does not support the given upgrade type.'
  }
  const isDowngrade = upgradeType !== upgrade || allowDowngrade
  if (level > now && isDowngrade) return "Can't downgrade to a newer version."
  if (level < now) {
    const why = 'records that need it may be in the metadata log'
    return `It is at ${now} and does not go down, safely or not: ${why}.`
  }
  return undefined
}

/** By Kafka's numbers (FeatureUpdate.UpgradeType); between them is the safe downgrade. */
const upgrade = 1
const unsafeDowngrade = 3
