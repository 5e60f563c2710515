import type { TopicImage } from '../../broker/metadata/image.ts'
import type { Readiness } from '../condition.ts'

/** Whether a topic that is as its resource says can be used. */
export function topicReadiness({ partitions }: TopicImage): Readiness {
  let leaderless = 0
  for (let partition = 0; partition < partitions.count; partition++) {
    if (partitions.leader(partition) < 0) leaderless++
  }
  if (leaderless === 0) {
    return { status: 'True', reason: 'Ready', message: 'all partitions have a leader' }
  }
  const message = `${leaderless} of ${partitions.count} partitions have no leader`
  return { status: 'False', reason: 'Leaderless', message }
}
