import type { ControllerLink } from '../../../broker/controller-link/controller-link.ts'
import type { MetadataImage } from '../../../broker/metadata/image.ts'
import type { ControllerNode } from './controller-node.ts'
import { dataTopics, partitionOfData } from './data-topics.ts'

/** What is looked at once faults are over. */
export type Looked = {
  /** Those that act, as far as they know. */
  readonly controllers: readonly ControllerNode[]
  /** In the store. */
  readonly image: MetadataImage
  /** By the ids of brokers, from 1 on; undefined where none has started. */
  readonly links: readonly (ControllerLink | undefined)[]
  /** Records that a client still tries to have acknowledged. */
  readonly pending: number
  /** Topics whose creation was acknowledged. */
  readonly made: Iterable<string>
  /** Something was decided by who did not know what others acted on: then nothing is known of the data. */
  readonly isForked: boolean
}

/** What keeps a cluster from being well again: the first that is found. */
export function whyNotHealthy(looked: Looked): string | undefined {
  const { controllers, image, links, pending, made, isForked } = looked
  const why = undecided(controllers) ?? brokersAway(image, links)
  if (isForked) return why
  return why ?? leaderless(image) ?? dataNotWell(image, pending) ?? lost()

  function lost(): string | undefined {
    const name = [...made].find((one) => !image.topicIds.has(one))
    return name === undefined ? undefined : `${name} was made, and is not there`
  }
}

function undecided(controllers: Looked['controllers']): string | undefined {
  if (controllers.length === 0) return 'nobody is the controller'
  const problem = controllers.map((one) => one.problem()).find((one) => one !== undefined)
  return problem === undefined ? undefined : `the controller: ${problem}`
}

function brokersAway(image: MetadataImage, links: Looked['links']): string | undefined {
  for (const [at, link] of links.entries()) {
    if (image.brokers.get(at + 1)?.fenced !== false) return `broker ${at + 1} is fenced`
    if (link?.notReady !== undefined) return `broker ${at + 1}: ${link.notReady}`
  }
  return undefined
}

function leaderless(image: MetadataImage): string | undefined {
  for (const { name, partitions } of image.topics.values()) {
    for (let at = 0; at < partitions.count; at++) {
      const { leader, isr, elr, lastKnownElr } = partitions.at(at)
      const isLost = isr.length + elr.length + lastKnownElr.length === 0 // its disk was emptied
      if (leader >= 0 || isLost) continue
      return `${name}-${at} has no leader: ISR ${isr}, ELR ${elr}, before ${lastKnownElr}`
    }
  }
  return undefined
}

function dataNotWell(image: MetadataImage, pending: number): string | undefined {
  for (const { name } of dataTopics) {
    const { isr = [] } = partitionOfData(image, name) ?? {}
    if (isr.length < 3) return `${name}: ISR ${isr}`
  }
  return pending > 0 ? `${pending} records are not acknowledged` : undefined
}
