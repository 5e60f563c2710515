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
  const { features, controller } = services.image()
  const levels = [...features].map(([name, level]) => ({ name, level }))
  return {
    errorCode: errorCodes.NONE,
    apiKeys: served
      .filter(({ listeners }) => listeners.includes(listener))
      .map(({ name, versions: [first, maxVersion], advertisedFrom: minVersion = first }) => {
        return { apiKey: apis[name].key, minVersion, maxVersion }
      })
      .sort((a, b) => a.apiKey - b.apiKey),
    supportedFeatures: levels.map(({ name, level }) => ({
      name,
      minVersion: 1,
      maxVersion: level,
    })),
    // It has to rise when a feature changes: a controller takes over at each upgrade.
    finalizedFeaturesEpoch: controller.startOffset,
    finalizedFeatures: levels.map(({ name, level }) => {
      return { name, minVersionLevel: level, maxVersionLevel: level }
    }),
  }
}
