import type { MetadataImage } from '../metadata/image.ts'
import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { configTypes } from '../protocol/config/resource-types.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import type { Context } from './services.ts'

/**
 * What has, or could have, settings: topics and brokers that are there, groups and client metrics
 * that were given some (KIP-1142). Version 0 asks for client metrics alone (KIP-1000).
 */
export function handleListConfigResources(
  { resourceTypes }: RequestOf<'ListConfigResources'>,
  { services, version }: Context,
): ResponseInputOf<'ListConfigResources'> {
  const all = Object.keys(names).map(Number)
  const named = resourceTypes.length === 0 ? all : [...new Set(resourceTypes)]
  const wanted = version === 0 ? [configTypes.clientMetrics] : named
  if (!wanted.every((type) => Object.hasOwn(names, type))) {
    const { UNSUPPORTED_VERSION: errorCode } = errorCodes
    return { throttleTimeMs: 0, errorCode, configResources: [] }
  }
  const image = services.image()
  return {
    throttleTimeMs: 0,
    errorCode: errorCodes.NONE,
    configResources: wanted.flatMap((resourceType) =>
      Array.from(names[resourceType]?.(image) ?? [], (resourceName) => {
        return version === 0 ? { resourceName } : { resourceName, resourceType }
      }),
    ),
  }
}

const names: Record<number, (image: MetadataImage) => Iterable<string>> = {
  [configTypes.topic]: ({ topicIds }) => topicIds.keys(),
  [configTypes.broker]: brokerIds,
  [configTypes.brokerLogger]: brokerIds,
  [configTypes.clientMetrics]: (image) => withSettings(image, configTypes.clientMetrics),
  [configTypes.group]: (image) => withSettings(image, configTypes.group),
}

function brokerIds({ brokers }: MetadataImage): string[] {
  return [...brokers.values()].filter(({ fenced }) => !fenced).map(({ id }) => String(id))
}

function* withSettings({ configs }: MetadataImage, type: number): Generator<string> {
  for (const { resource } of configs.values()) if (resource.type === type) yield resource.name
}
