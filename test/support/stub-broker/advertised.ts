import { type Api, type ApiName, apiOf } from '../../../broker/protocol/apis.ts'
import { apis } from '../../../broker/protocol/generated/apis.ts'

/** Kafka does so too, unless it has somewhere to put what clients tell of themselves. */
const leftOut = new Set<ApiName>(['GetTelemetrySubscriptions', 'PushTelemetry'])

/**
 * What the stub says it speaks: what a Kafka 4 broker does, whether the stub answers it or not.
 * librdkafka 2.8 and older look for single versions and silently go without a feature when one is
 * outside the range: Produce 0 for any compression, FindCoordinator 0 for lz4. So Produce begins at
 * 0 here as with Kafka (KAFKA-18659), though nobody sends what is below 3.
 */
export const advertised = Object.values(apis)
  .filter((api: Api) => api.listeners.includes('broker') && !leftOut.has(api.name))
  .map((api) => ({ apiKey: api.key, ...rangeOf(api) }))

/** The range of ApiVersions itself, for those who ask in a version above it. */
export const apiVersionsRange = rangeOf(apiOf('ApiVersions'))

function rangeOf({ name, request, latestVersionUnstable }: Api) {
  const [first, last] = request.versions
  return {
    minVersion: name === 'Produce' ? 0 : first,
    maxVersion: latestVersionUnstable ? last - 1 : last,
  }
}
