import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { configTypes } from '../protocol/config/resource-types.ts'
import { errorOf } from '../protocol/error-of.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import { alterLoggers } from './broker-loggers.ts'
import { checkBrokerId } from './described-settings.ts'
import { handleForwarded } from './forwarded.ts'
import type { Context } from './services.ts'

type Answers = ResponseInputOf<'IncrementalAlterConfigs'>
type Answer = Answers['responses'][number]
type Resource = { readonly resourceType: number; readonly resourceName: string }

/**
 * Alters settings. What the log of this broker is to have is done here, the rest by the controller.
 * Settings of one broker are taken by that broker alone, as by Kafka's.
 */
export function handleIncrementalAlterConfigs(
  request: RequestOf<'IncrementalAlterConfigs'>,
  context: Context,
): Promise<Answers> {
  const { resources, validateOnly } = request
  const here = resources.map((resource) => {
    const isLogger = resource.resourceType === configTypes.brokerLogger
    if (!isLogger || resources.filter(isSame(resource)).length > 1) {
      return refusedHere(resource, context)
    }
    return outcome(resource, () => alterLoggers(resource, context.services, { validateOnly }))
  })
  return merged(resources, here, async (rest) => {
    return (await forwardIncremental({ ...request, resources: rest }, context)) as Answers
  })
}

export function handleAlterConfigs(
  request: RequestOf<'AlterConfigs'>,
  context: Context,
): Promise<Answers> {
  const { resources } = request
  const here = resources.map((resource) => refusedHere(resource, context))
  return merged(resources, here, async (rest) => {
    return (await forwardAll({ ...request, resources: rest }, context)) as Answers
  })
}

const forwardIncremental = handleForwarded('IncrementalAlterConfigs')
const forwardAll = handleForwarded('AlterConfigs')

/** Puts what was answered here between what the controller answers to the rest. */
async function merged<R extends Resource>(
  resources: readonly R[],
  here: readonly (Answer | undefined)[],
  forward: (rest: R[]) => Promise<Answers>,
): Promise<Answers> {
  const rest = resources.filter((_, index) => here[index] === undefined)
  const theirs = rest.length === 0 ? [] : [...(await forward(rest)).responses]
  const responses = here.map((own) => own ?? (theirs.shift() as Answer))
  return { throttleTimeMs: 0, responses }
}

function refusedHere(resource: Resource, { services }: Context): Answer | undefined {
  const { resourceType, resourceName } = resource
  if (resourceType !== configTypes.broker || resourceName === '') return undefined
  const own = outcome(resource, () => checkBrokerId(resourceName, services.nodeId))
  return own.errorCode === errorCodes.NONE ? undefined : own
}

/** What became of one resource. */
function outcome({ resourceType, resourceName }: Resource, act: () => void): Answer {
  const own = { resourceType, resourceName }
  try {
    act()
    return { ...own, errorCode: errorCodes.NONE, errorMessage: null }
  } catch (error) {
    return { ...own, ...errorOf(error) }
  }
}

function isSame({ resourceType, resourceName }: Resource): (other: Resource) => boolean {
  return (other) => other.resourceType === resourceType && other.resourceName === resourceName
}
