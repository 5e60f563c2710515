import type { ControllerLink } from '../../../broker/controller-link/controller-link.ts'
import type { MetadataImage, TopicImage } from '../../../broker/metadata/image.ts'
import { levelAtBirth, metadataVersion } from '../../../broker/metadata/levels.ts'
import type { PartitionImage } from '../../../broker/metadata/partition-table.ts'
import { maxMetadataVersion } from '../../../broker/metadata/reads-up-to.ts'
import { zeroUuid } from '../../../broker/protocol/codec/uuid.ts'
import { KafkaError } from '../../../broker/protocol/errors.ts'
import { errorCodes } from '../../../broker/protocol/generated/error-codes.ts'
import type { Operation } from '../core/fault-plan.ts'
import type { Doer } from '../core/faults.ts'
import { type DataTopic, dataTopics, isDataTopic } from './data-topics.ts'

type Asked = { readonly link: ControllerLink; readonly amount: number; readonly brokerId: number }

/** What clients and leaders ask of the controller, through a broker: by the kinds of a plan. */
export type Workload = {
  readonly doers: Readonly<Record<string, Doer>>
  /** Topics whose creation was acknowledged, and that nobody asked to be deleted. */
  readonly acknowledged: ReadonlySet<string>
  /** The log was put back: of what was asked so far, this is not there any more. */
  forget(isGone: (topic: string) => boolean): void
  /** How many requests were answered, of how many. */
  readonly counts: { asked: number; answered: number; refusedRaises: number }
}

/** @param brokerOf The present life of a broker, by its host. */
export function workloadOn(
  brokerOf: (host: string) => {
    link: ControllerLink | undefined
    brokerId: number
    readonly start: (run: () => Promise<void>) => void
  },
): Workload {
  const acknowledged = new Set<string>()
  const deleted = new Set<string>()
  const counts = { asked: 0, answered: 0, refusedRaises: 0 }
  let timesForgotten = 0

  const does = (ask: (asked: Asked) => Promise<unknown>): Doer => {
    return ({ on: [host = ''], amount }: Operation) => {
      const { link, brokerId, start } = brokerOf(host)
      if (link === undefined) return
      start(async () => {
        counts.asked++
        try {
          await ask({ link, amount, brokerId })
          counts.answered++
        } catch (error) {
          if (!(error instanceof KafkaError)) throw error
        }
      })
    }
  }

  return {
    acknowledged,
    counts,
    forget(isGone) {
      timesForgotten++
      for (const name of acknowledged) if (isGone(name)) acknowledged.delete(name)
    },
    doers: {
      createTopic: does(async ({ link, amount }) => {
        const before = timesForgotten
        const name = `t${amount % topicNames}`
        const topic = { name, numPartitions: 2, replicationFactor: 1 + (amount % 3) }
        const answer = await link.forward('CreateTopics', 7, {
          topics: [{ ...topic, assignments: [], configs: [] }],
          timeoutMs: 5_000,
        })
        const isKept = !deleted.has(name) && timesForgotten === before
        if (answer.topics[0]?.errorCode === 0 && isKept) acknowledged.add(name)
      }),
      deleteTopic: does(({ link, amount }) => {
        const name = `t${amount % topicNames}`
        deleted.add(name)
        acknowledged.delete(name)
        const topics = [{ name, topicId: zeroUuid }]
        return link.forward('DeleteTopics', 6, { topics, timeoutMs: 5_000 })
      }),
      changeIsr: does(async ({ link, amount, brokerId }) => {
        const led = ledBy(link.image, brokerId).filter(({ topic }) => !isDataTopic(topic.name))
        const own = led[amount % Math.max(1, led.length)]
        if (own === undefined) return
        const { topic, index, partition } = own
        const isr = partition.replicas.filter((id, at) => {
          return id === brokerId || ((amount >> at) & 1) === 1
        })
        const members = isr.map((id) => ({
          brokerId: id,
          brokerEpoch: link.image.brokers.get(id)?.epoch ?? -1,
        }))
        await link.forward('AlterPartition', 3, {
          brokerId,
          brokerEpoch: link.brokerEpoch,
          topics: [
            {
              topicId: topic.id,
              partitions: [
                {
                  partitionIndex: index,
                  leaderEpoch: partition.leaderEpoch,
                  partitionEpoch: partition.partitionEpoch,
                  leaderRecoveryState: 0,
                  newIsrWithEpochs: members,
                },
              ],
            },
          ],
        })
      }),
      elect: does(({ link }) => {
        return link.forward('ElectLeaders', 2, {
          electionType: 0,
          topicPartitions: null,
          timeoutMs: 5_000,
        })
      }),
      raiseLevel: does(async ({ link, amount }) => {
        const level = levelAtBirth + 1 + (amount % (maxMetadataVersion - levelAtBirth))
        const { errorCode } = await link.forward('UpdateFeatures', 2, {
          featureUpdates: [{ feature: metadataVersion, maxVersionLevel: level }],
          timeoutMs: 5_000,
        })
        if (errorCode === errorCodes.INVALID_UPDATE_VERSION) counts.refusedRaises++
      }),
      moveData: does(async ({ link, amount }) => {
        const { name } = dataTopics[amount % dataTopics.length] as DataTopic
        await move(link, name, placesOfData[(amount >> 2) % placesOfData.length] as number[])
      }),
      /** Much that the log has to hold, now and then more than its head does. */
      configure: does(async ({ link, amount }) => {
        const names = [...link.image.topics.values()].map(({ name }) => name)
        const isLarge = amount % 16 === 0
        const words = isLarge ? 4_000 : 1 + (amount % 128)
        const value = Array.from({ length: words }, (_, at) => `${at}:1`).join(',')
        const configs = ['leader', 'follower'].map((who) => {
          return { name: `${who}.replication.throttled.replicas`, configOperation: 0, value }
        })
        const first = amount % Math.max(1, names.length)
        const resources = names.slice(first, first + (isLarge ? 2 : 1)).map((resourceName) => {
          return { resourceType: 2, resourceName, configs }
        })
        await link.forward('IncrementalAlterConfigs', 1, { resources, validateOnly: false })
      }),
      move: does(async ({ link, amount }) => {
        const topics = [...link.image.topics.values()].filter(({ name }) => !isDataTopic(name))
        const topic = topics[amount % Math.max(1, topics.length)]
        if (topic === undefined) return
        const ids = [1, 2, 3].filter((id) => ((amount >> id) & 1) === 1)
        const replicas = ids.length === 0 ? null : amount % 2 === 0 ? ids : ids.toReversed()
        await move(link, topic.name, replicas)
      }),
    },
  }
}

/** @param replicas Null: a move that is under way is taken back. */
export async function move(
  link: ControllerLink,
  name: string,
  replicas: readonly number[] | null,
): Promise<void> {
  const partitions = [{ partitionIndex: 0, replicas: replicas && [...replicas] }]
  await link.forward('AlterPartitionReassignments', 1, {
    timeoutMs: 5_000,
    allowReplicationFactorChange: true,
    topics: [{ name, partitions }],
  })
}

function ledBy(image: MetadataImage, brokerId: number) {
  const led: { topic: TopicImage; index: number; partition: PartitionImage }[] = []
  for (const topic of image.topics.values()) {
    for (let index = 0; index < topic.partitions.count; index++) {
      if (topic.partitions.leader(index) !== brokerId) continue
      led.push({ topic, index, partition: topic.partitions.at(index) })
    }
  }
  return led
}

const topicNames = 5
/** Two are the least with which all is well. */
const placesOfData = [
  [1, 2],
  [3, 1],
  [2, 3],
  [3, 2, 1],
  [1, 2, 3],
]
