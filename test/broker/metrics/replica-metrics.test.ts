import { expect, test } from 'vitest'
import { applyRecords } from '../../../broker/metadata/apply.ts'
import { emptyImage } from '../../../broker/metadata/image.ts'
import { metadataRecord } from '../../../broker/metadata/records.ts'
import { countReplicas } from '../../../broker/metrics/replica-metrics.ts'
import { topicOf, uuid } from '../metadata/support.ts'

const partition = (topicId: string, partitionId: number, more: object) =>
  metadataRecord('PartitionRecord', {
    topicId,
    partitionId,
    replicas: [1, 2],
    isr: [1, 2],
    addingReplicas: [],
    removingReplicas: [],
    leader: 2,
    leaderEpoch: 0,
    partitionEpoch: 0,
    ...more,
  })

test('a broker counts what it leads, has, and what of that is not well', () => {
  const image = applyRecords(emptyImage, [
    ...topicOf('orders', uuid(1), 3),
    metadataRecord('TopicRecord', { name: 'carts', topicId: uuid(2) }),
    partition(uuid(2), 0, {}),
    partition(uuid(2), 1, { leader: 1, isr: [1] }),
    partition(uuid(2), 2, { leader: -1, isr: [1] }),
    partition(uuid(2), 3, { replicas: [2], isr: [2] }),
  ])
  expect(countReplicas(image, 1)).toEqual({
    replicas: 6,
    leaders: 4,
    underReplicated: 1,
    leaderless: 1,
  })
  expect(countReplicas(image, 9)).toMatchObject({ replicas: 0, leaders: 0 })
})
