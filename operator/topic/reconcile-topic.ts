import type { MetadataImage, TopicImage } from '../../broker/metadata/image.ts'
import { topicNamed } from '../../broker/metadata/image.ts'
import { configTypes } from '../../broker/protocol/config/resource-types.ts'
import { type ErrorName, errorName } from '../../broker/protocol/error-name.ts'
import { KafkaError } from '../../broker/protocol/errors.ts'
import type { Topic } from '../api/topic/topic.ts'
import { topicNameOf } from '../api/topic/topic-name.ts'
import type { Controller } from '../controller/controller.ts'
import { ReconcileError } from '../reconcile-error.ts'
import { planTopic, type TopicStep } from './plan-topic.ts'

/** What a topic's reconciler needs of the controller of its cluster. */
export type TopicControl = Pick<
  Controller,
  | 'image'
  | 'createTopics'
  | 'createPartitions'
  | 'resizeTopic'
  | 'incrementalAlterConfigs'
  | 'deleteTopics'
  | 'ownTopic'
  | 'disownTopic'
>

export type TopicContext = {
  readonly control: TopicControl
  /** Whether a uid is that of a resource which is there. */
  readonly isTaken: (uid: string) => boolean
  /** How many brokers its cluster is to have. */
  readonly brokers: number
  /** Told of each step that was done, in words. */
  readonly did: (what: string) => void
}

/**
 * Brings a topic to what its resource says, step by step, each decided on what is there then.
 *
 * @returns The topic as it is, with nothing left to do.
 * @throws {ReconcileError} Only an edit, or another broker, can help.
 * @throws {KafkaError} NOT_CONTROLLER and others that pass.
 */
export async function reconcileTopic(
  topic: Topic,
  uid: string,
  { control, isTaken, brokers, did }: TopicContext,
): Promise<TopicImage> {
  for (let steps = 0; steps < mostSteps; steps++) {
    const plan = planTopic(topic, { uid, image: control.image, isTaken, brokers })
    if (plan.type === 'converged') return plan.topic
    if (plan.type === 'refused') throw new ReconcileError(plan.refusal.reason, plan.refusal.message)
    did(await carryOut(plan.step, uid, control))
  }
  throw new ReconcileError('Unstable', 'somebody else changes it all the time')
}

/** Own, grow, configure: more only where others change the topic meanwhile. */
const mostSteps = 10

/** @returns What was done. */
async function carryOut(step: TopicStep, uid: string, control: TopicControl): Promise<string> {
  switch (step.type) {
    case 'create': {
      const owner = { origin: 'resource', resourceUid: uid } as const
      const request = { topics: [step.topic], validateOnly: false }
      const { topics } = await control.createTopics(request, owner)
      check(topics?.[0])
      return 'is made'
    }
    case 'own': {
      const { topicId, from } = step
      if (from !== null) await control.disownTopic({ topicId, resourceUid: from })
      await control.ownTopic({ topicId, resourceUid: uid })
      return "was there before, and is this resource's now"
    }
    case 'set-replicas': {
      const { name, replicationFactor } = step
      const answer = await control.resizeTopic({ name, replicationFactor })
      check(answer)
      for (const { partitions = [] } of answer.responses ?? []) partitions.forEach(check)
      return `is to have ${replicationFactor} ${replicationFactor === 1 ? 'replica' : 'replicas'} of each partition`
    }
    case 'add-partitions': {
      const { name, count } = step
      const topics = [{ name, count, assignments: null }]
      const { results } = await control.createPartitions(
        { topics, validateOnly: false },
        'resource',
      )
      check(results?.[0])
      return `has ${count} partitions now`
    }
    case 'set-config': {
      const { name, changes } = step
      const resources = [
        { resourceType: configTypes.topic, resourceName: name, configs: [...changes] },
      ]
      const request = { resources, validateOnly: false }
      const { responses } = await control.incrementalAlterConfigs(request, 'resource')
      check(responses?.[0])
      return `has changed settings: ${changes.map((change) => change.name).join(', ')}`
    }
  }
}

/**
 * What a resource that was seen to be deleted leaves behind: its topic goes, or stays without it.
 *
 * @param isProtected Nothing of the cluster may be deleted.
 * @returns What became of it; undefined where it was not (any more) the resource's.
 */
export async function releaseTopic(
  topic: Topic,
  uid: string,
  { control, isProtected }: { control: TopicControl; isProtected: boolean },
): Promise<'deleted' | 'kept' | undefined> {
  const found = ownedTopic(control.image, topic, uid)
  if (found === undefined) return undefined
  if (topic.spec.deletionPolicy === 'Retain' || isProtected) {
    await control.disownTopic({ topicId: found.id, resourceUid: uid })
    return 'kept'
  }
  const topics = [{ name: null, topicId: found.id }]
  const { responses } = await control.deleteTopics({ topics, topicNames: [] }, 'resource')
  check(responses?.[0])
  return 'deleted'
}

function ownedTopic(image: MetadataImage, topic: Topic, uid: string): TopicImage | undefined {
  const found = topicNamed(image, topicNameOf(topic))
  return found?.owner?.resourceUid === uid ? found : undefined
}

type Outcome = { readonly errorCode?: number; readonly errorMessage?: string | null | undefined }

/** @throws {ReconcileError} For what Kafka refuses. @throws {KafkaError} For what passes. */
function check(outcome: Outcome | undefined): void {
  const { errorCode = 0, errorMessage } = outcome ?? {}
  if (errorCode === 0) return
  const code = nameOf(errorCode)
  const message = errorMessage ?? code
  if (passing.has(code)) throw new KafkaError(code, message)
  throw new ReconcileError(reasonOf(code), message)
}

const passing: ReadonlySet<string> = new Set(['NOT_CONTROLLER', 'REQUEST_TIMED_OUT'])

/** `INVALID_REPLICATION_FACTOR` as Kubernetes writes reasons: `InvalidReplicationFactor`. */
function reasonOf(code: string): string {
  return code
    .split('_')
    .map((word) => `${word.charAt(0)}${word.slice(1).toLowerCase()}`)
    .join('')
}

function nameOf(errorCode: number): ErrorName {
  return errorName(errorCode) ?? 'UNKNOWN_SERVER_ERROR'
}

/** Kafka's number for a topic in requests about settings. */
