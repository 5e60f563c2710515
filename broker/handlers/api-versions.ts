import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { isSoftwareName } from '../protocol/frames/api-versions.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import type { HandlerServices, RequestContext } from './services.ts'

/** A range of versions of an API, both inclusive, as it is told. */
export type AdvertisedApi = ResponseInputOf<'ApiVersions'>['apiKeys'][number]

/** Tells what this broker serves on a listener. */
export function answerApiVersions(
  request: RequestOf<'ApiVersions'>,
  { image }: HandlerServices,
  { version }: Pick<RequestContext, 'version'>,
  advertised: readonly AdvertisedApi[],
): ResponseInputOf<'ApiVersions'> {
  const names = [request.clientSoftwareName, request.clientSoftwareVersion]
  if (version >= 3 && !names.every(isSoftwareName)) {
    return { errorCode: errorCodes.INVALID_REQUEST, apiKeys: [] }
  }
  const { features, controller } = image()
  const finalized = [...features].map(([name, level]) => {
    return { name, maxVersionLevel: level, minVersionLevel: level }
  })
  return {
    errorCode: errorCodes.NONE,
    apiKeys: advertised,
    // Clients keep those with the highest epoch; features change with a controller, if at all.
    ...(finalized.length === 0
      ? {}
      : { finalizedFeatures: finalized, finalizedFeaturesEpoch: controller.epoch }),
  }
}
