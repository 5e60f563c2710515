import { type Api, type ApiName, apiOf } from '../../broker/protocol/apis.ts'
import { apis } from '../../broker/protocol/generated/apis.ts'

export type Versions = readonly [first: number, last: number]

/**
 * What a broker of Apache Kafka 4.3.1 advertises to clients, from its own definitions. The differential
 * test holds it against one.
 */
export function kafkaVersions(): ReadonlyMap<ApiName, Versions> {
  const all = Object.keys(apis) as ApiName[]
  return new Map(
    all
      .map(apiOf)
      .filter(({ name, listeners }) => listeners.includes('broker') && !onlyWithPlugin.has(name))
      .map((api) => [api.name, [firstOf(api), lastOf(api)]]),
  )
}

/** Produce is advertised from 0 on for librdkafka's sake, and taken from 3 on (KAFKA-18659). */
function firstOf({ name, request }: Api): number {
  return name === 'Produce' ? 0 : request.versions[0]
}

function lastOf({ request, latestVersionUnstable }: Api): number {
  return request.versions[1] - (latestVersionUnstable === true ? 1 : 0)
}

/** Kafka advertises them once somebody takes what clients measure (KIP-714). */
const onlyWithPlugin: ReadonlySet<ApiName> = new Set(['GetTelemetrySubscriptions', 'PushTelemetry'])
