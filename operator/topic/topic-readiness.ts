import type { MetadataImage, TopicImage } from '../../broker/metadata/image.ts'
import type { KafkaCluster } from '../api/kafka-cluster/kafka-cluster.ts'
import type { Readiness } from '../condition.ts'
import { targetOf } from '../controller/decide/partition/reassignment.ts'
import { rulesIn } from '../controller/decide/partition/rules.ts'
import { isWithoutData } from '../controller/decide/unclean-elections.ts'

/** The cluster of a topic: what its metadata log says, and what it is set to. */
export type MadeIn = {
  readonly image: MetadataImage
  readonly resource: { readonly spec: Pick<KafkaCluster['spec'], 'config'> }
}

/** Whether a topic that is as its resource says can be used. */
export function topicReadiness(topic: TopicImage, { image, resource }: MadeIn): Readiness {
  const { partitions } = topic
  const brokerConfig = new Map(Object.entries(resource.spec.config))
  const { minInSync } = rulesIn(image, { brokerConfig })(topic)
  const counts = { leaderless: 0, withoutData: 0, belowMinimum: 0, resized: 0 }
  const had = new Set<number>()
  for (let partition = 0; partition < partitions.count; partition++) {
    const one = partitions.at(partition)
    if (one.leader >= 0) {
      const { length: size } = targetOf(one)
      if (one.isr.length < Math.min(minInSync, size)) counts.belowMinimum++
      if (one.addingReplicas.length !== one.removingReplicas.length) counts.resized++
      continue
    }
    counts.leaderless++
    if (!isWithoutData(one)) continue
    counts.withoutData++
    for (const id of one.replicas) had.add(id)
  }
  return problemOf(counts, { of: `of ${partitions.count} partitions`, had, minInSync }) ?? ready
}

const ready: Readiness = {
  status: 'True',
  reason: 'Ready',
  message: 'all partitions have a leader',
}

function problemOf(
  counts: Readonly<Record<'leaderless' | 'withoutData' | 'belowMinimum' | 'resized', number>>,
  { of, had, minInSync }: { of: string; had: ReadonlySet<number>; minInSync: number },
): Readiness | undefined {
  const { leaderless, withoutData, belowMinimum, resized } = counts
  const status = 'False'
  if (withoutData > 0) {
    const brokers = [...had].sort((a, b) => a - b).join(', ')
    const what = `${withoutData} ${of} stay offline`
    const why = `broker ${brokers} had their records, and came back with another data directory`
    const help = 'config unclean.leader.election.enable: "true" goes on with what is there'
    return { status, reason: 'DataMissing', message: `${what}: ${why}; ${help}` }
  }
  if (leaderless > 0) {
    return { status, reason: 'Leaderless', message: `${leaderless} ${of} have no leader` }
  }
  if (belowMinimum > 0) {
    const why = `fewer replicas are in sync than min.insync.replicas, which is ${minInSync}`
    const message = `${belowMinimum} ${of} take no records with acks=all: ${why}`
    return { status, reason: 'UnderMinIsr', message }
  }
  if (resized > 0) {
    const message = `${resized} ${of} are on their way to another number of replicas`
    return { status, reason: 'Reassigning', message }
  }
  return undefined
}
