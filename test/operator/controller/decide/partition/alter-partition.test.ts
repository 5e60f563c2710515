import { describe, expect, test } from 'vitest'
import { applyRecords } from '../../../../../broker/metadata/apply.ts'
import { type MetadataImage, partitionOf } from '../../../../../broker/metadata/image.ts'
import { metadataRecord } from '../../../../../broker/metadata/records.ts'
import type { RequestOf } from '../../../../../broker/protocol/apis.ts'
import { errorName } from '../../../../../broker/protocol/error-name.ts'
import { fenceBrokers } from '../../../../../operator/controller/decide/fencing.ts'
import { alterPartition } from '../../../../../operator/controller/decide/partition/alter-partition.ts'
import { uuid } from '../../../../broker/metadata/support.ts'
import { clusterOf, kafkaError, topic } from '../support.ts'

type Asked = RequestOf<'AlterPartition'>['topics'][number]['partitions'][number]
type Change = Omit<Parameters<typeof metadataRecord<'PartitionChangeRecord'>>[1], 'topicId'>

const t = uuid(9)

/** Broker 1 leads; 2 and 3 follow, and only 1 and 2 are in sync. Epochs of brokers are 100 and their id. */
const image = changed(applyRecords(clusterOf(1, 2, 3), topic('t', t, [1])), {
  replicas: [1, 2, 3],
  isr: [1, 2],
})

function changed(before: MetadataImage, change: Partial<Change>): MetadataImage {
  return applyRecords(before, [
    metadataRecord('PartitionChangeRecord', { topicId: t, partitionId: 0, ...change }),
  ])
}

function isr(...ids: number[]) {
  return ids.map((brokerId) => ({ brokerId, brokerEpoch: 100 + brokerId }))
}

/** What the leader of the image says, unless the test says otherwise. */
function ask(of: MetadataImage, own: Partial<Asked> = {}, leader = 1) {
  const partition = partitionOf(of, { topicId: t, partition: 0 })
  const { leaderEpoch = -1, partitionEpoch = -1 } = partition ?? {}
  const asked = { partitionIndex: 0, leaderEpoch, partitionEpoch, leaderRecoveryState: 0 }
  const full = { ...asked, newIsr: [], newIsrWithEpochs: isr(1, 2, 3), ...own }
  const request = { brokerId: leader, brokerEpoch: 100 + leader }
  const topics = [{ topicId: t, partitions: [full] }]
  const { records, response } = alterPartition(of, { ...request, topics }, new Map())
  const after = partitionOf(applyRecords(of, records), { topicId: t, partition: 0 })
  const answer = response.topics[0]?.partitions[0]
  return { records, answer, after, code: codeOf(answer?.errorCode) }
}

function codeOf(errorCode: number | undefined) {
  return errorCode === undefined ? undefined : errorName(errorCode)
}

describe('a leader that says who is in sync', () => {
  test('is answered with what holds then', () => {
    const { answer, after } = ask(image)
    const state = { isr: [1, 2, 3], leaderEpoch: 0, partitionEpoch: 2 }
    expect(answer).toMatchObject({ errorCode: 0, leaderId: 1, ...state })
    expect(after).toMatchObject({ leader: 1, ...state })
  })

  test('may repeat itself: what is so already is no news', () => {
    const once = ask(image)
    const again = changed(image, { isr: [1, 2, 3] })
    const { partitionEpoch } = partitionOf(image, { topicId: t, partition: 0 }) ?? {}
    const twice = ask(again, { partitionEpoch: partitionEpoch ?? -1 })
    expect(twice).toMatchObject({ records: [], code: 'NONE', answer: once.answer })
  })

  test('leaves who it drops eligible once too few are in sync', () => {
    const config = new Map([['min.insync.replicas', '2']])
    const asked = { partitionIndex: 0, leaderEpoch: 0, partitionEpoch: 1, leaderRecoveryState: 0 }
    const partitions = [{ ...asked, newIsr: [], newIsrWithEpochs: isr(1) }]
    const request = { brokerId: 1, brokerEpoch: 101, topics: [{ topicId: t, partitions }] }
    const after = applyRecords(image, alterPartition(image, request, config).records)
    expect(partitionOf(after, { topicId: t, partition: 0 })).toMatchObject({ isr: [1], elr: [2] })
  })

  test('ends a move whose new replicas are in sync, and hears of it if it leads no more', () => {
    const moving = changed(image, {
      replicas: [3, 1, 2],
      addingReplicas: [3],
      removingReplicas: [1],
    })
    const { code, after } = ask(moving)
    expect(code).toBe('NEW_LEADER_ELECTED')
    expect(after).toMatchObject({ replicas: [3, 2], isr: [2, 3], leader: 3, leaderEpoch: 1 })
  })
})

describe('is refused, and nothing changes:', () => {
  const cases: [string, string, () => ReturnType<typeof ask>][] = [
    [
      'an earlier epoch',
      'FENCED_LEADER_EPOCH',
      () => ask(changed(image, { leader: 1 }), { leaderEpoch: 0 }),
    ],
    ['an epoch that is not known here', 'NOT_CONTROLLER', () => ask(image, { leaderEpoch: 1 })],
    ['a state that is not known here', 'NOT_CONTROLLER', () => ask(image, { partitionEpoch: 2 })],
    ['an older state', 'INVALID_UPDATE_VERSION', () => ask(image, { partitionEpoch: 0 })],
    ['who does not lead', 'INVALID_REQUEST', () => ask(image, {}, 2)],
    ['nobody in sync', 'INVALID_REQUEST', () => ask(image, { newIsrWithEpochs: [] })],
    [
      'others without the leader',
      'INVALID_REQUEST',
      () => ask(image, { newIsrWithEpochs: isr(2) }),
    ],
    ['somebody twice', 'INVALID_REQUEST', () => ask(image, { newIsrWithEpochs: isr(1, 2, 2) })],
    [
      'somebody without a replica',
      'INVALID_REQUEST',
      () => ask(image, { newIsrWithEpochs: isr(1, 4) }),
    ],
    [
      'a leader that is well and says that it recovers',
      'INVALID_REQUEST',
      () => ask(image, { leaderRecoveryState: 1 }),
    ],
    [
      'a member as the process that it was before',
      'INELIGIBLE_REPLICA',
      () => ask(image, { newIsrWithEpochs: [...isr(1, 2), { brokerId: 3, brokerEpoch: 90 }] }),
    ],
    [
      'a member of which no process is named',
      'INELIGIBLE_REPLICA',
      () => ask(image, { newIsrWithEpochs: [...isr(1, 2), { brokerId: 3, brokerEpoch: -1 }] }),
    ],
    ['a member that is fenced', 'INELIGIBLE_REPLICA', () => ask(without(3))],
    [
      'a partition that is not there',
      'UNKNOWN_TOPIC_OR_PARTITION',
      () => ask(image, { partitionIndex: 7 }),
    ],
  ]
  test.each(cases)('%s: %s', (_, code, run) => {
    expect(run()).toMatchObject({ code, records: [] })
  })

  test('a topic that is not there', () => {
    const topics = [{ topicId: uuid(77), partitions: [{ ...empty }] }]
    const { response } = alterPartition(image, { brokerId: 1, brokerEpoch: 101, topics }, new Map())
    expect(codeOf(response.topics[0]?.partitions[0]?.errorCode)).toBe('UNKNOWN_TOPIC_ID')
  })

  test('the same partition twice', () => {
    const one = { ...empty, leaderEpoch: 0, partitionEpoch: 1, newIsrWithEpochs: isr(1, 2, 3) }
    const topics = [{ topicId: t, partitions: [one, { ...one, newIsrWithEpochs: isr(1) }] }]
    const decided = alterPartition(image, { brokerId: 1, brokerEpoch: 101, topics }, new Map())
    expect(decided.records).toEqual([])
  })

  test('all that the process of before asks', () => {
    const request = { brokerId: 1, brokerEpoch: 90, topics: [] }
    expect(() => alterPartition(image, request, new Map())).toThrow(
      expect.objectContaining(kafkaError('STALE_BROKER_EPOCH')),
    )
  })
})

test('after an unclean election the leader says once that it is recovered; nobody is in sync before', () => {
  const unclean = changed(image, { leader: 3, isr: [3], leaderRecoveryState: 1 })
  const early = { newIsrWithEpochs: isr(3, 2), leaderRecoveryState: 1 }
  expect(ask(unclean, early, 3).code).toBe('INVALID_REQUEST')
  const { after } = ask(unclean, { newIsrWithEpochs: isr(3) }, 3)
  expect(after).toMatchObject({ leader: 3, isr: [3], leaderRecoveryState: 'RECOVERED' })
})

const empty: Asked = {
  partitionIndex: 0,
  leaderEpoch: 0,
  partitionEpoch: 0,
  leaderRecoveryState: 0,
  newIsr: [],
  newIsrWithEpochs: [],
}

function without(brokerId: number): MetadataImage {
  const gone = [{ brokerId, incarnationId: uuid(1_000 + brokerId) }]
  return applyRecords(image, fenceBrokers(image, gone, new Map()))
}
