import { metadataLevelOf, metadataVersion } from '../metadata/levels.ts'
import { maxMetadataVersion, readRange } from '../metadata/reads-up-to.ts'
import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { isSoftwareName } from '../protocol/frames/api-versions.ts'
import { apis } from '../protocol/generated/apis.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import type { ServedApi } from './served.ts'
import type { Context } from './services.ts'

/** What is served on the listener, and the features of the cluster. */
export function handleApiVersions(
  request: RequestOf<'ApiVersions'>,
  { services, version, listener, client }: Context,
  served: readonly ServedApi[],
): ResponseInputOf<'ApiVersions'> {
  const { clientSoftwareName, clientSoftwareVersion } = request
  if (
    version >= 3 &&
    !(isSoftwareName(clientSoftwareName) && isSoftwareName(clientSoftwareVersion))
  ) {
    return { errorCode: errorCodes.INVALID_REQUEST, apiKeys: [] }
  }
  if (clientSoftwareName !== '') client.softwareName = clientSoftwareName
  const image = services.image()
  const level = metadataLevelOf(image)
  const { min: minVersion, max: maxVersion } = readRange(maxMetadataVersion)
  return {
    errorCode: errorCodes.NONE,
    apiKeys: served
      .filter(({ listeners }) => listeners.includes(listener))
      .map(({ name, versions: [first, maxVersion], advertisedFrom: minVersion = first }) => {
        return { apiKey: apis[name].key, minVersion, maxVersion }
      })
      .sort((a, b) => a.apiKey - b.apiKey),
    supportedFeatures: [{ name: metadataVersion, minVersion, maxVersion }],
    // It has to rise when a feature changes. Of the two neither goes down.
    finalizedFeaturesEpoch: image.controller.startOffset + level,
    finalizedFeatures: [{ name: metadataVersion, minVersionLevel: level, maxVersionLevel: level }],
  }
}
