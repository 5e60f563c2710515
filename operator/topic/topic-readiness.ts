import type { TopicImage } from '../../broker/metadata/image.ts'
import type { Readiness } from '../condition.ts'
import { isWithoutData } from '../controller/decide/unclean-elections.ts'

/** Whether a topic that is as its resource says can be used. */
export function topicReadiness({ partitions }: TopicImage): Readiness {
  let leaderless = 0
  let withoutData = 0
  const had = new Set<number>()
  for (let partition = 0; partition < partitions.count; partition++) {
    if (partitions.leader(partition) >= 0) continue
    leaderless++
    const image = partitions.at(partition)
    if (!isWithoutData(image)) continue
    withoutData++
    for (const id of image.replicas) had.add(id)
  }
  if (leaderless === 0) {
    return { status: 'True', reason: 'Ready', message: 'all partitions have a leader' }
  }
  if (withoutData > 0) {
    const brokers = [...had].sort((a, b) => a - b).join(', ')
    const what = `${withoutData} of ${partitions.count} partitions stay offline`
    const why = `broker ${brokers} had their records, and came back with another data directory`
    const help = 'config unclean.leader.election.enable: "true" goes on with what is there'
    return { status: 'False', reason: 'DataMissing', message: `${what}: ${why}; ${help}` }
  }
  const message = `${leaderless} of ${partitions.count} partitions have no leader`
  return { status: 'False', reason: 'Leaderless', message }
}
