import { expect, onTestFinished, test } from 'vitest'
import { metadataRecord } from '../../../../broker/metadata/records.ts'
import type { RequestInputOf, ResponseOf } from '../../../../broker/protocol/apis.ts'
import { Followed } from '../../../../broker/replication/follower/followed.ts'
import {
  type LeaderConnection,
  LeaderFetcher,
} from '../../../../broker/replication/follower/leader-fetcher.ts'
import { realClock } from '../../../../lib/clock.ts'
import { realRandom } from '../../../../lib/random.ts'
import { uuid } from '../../metadata/support.ts'
import { produced, startPartitions } from '../../partition/support.ts'

type Request = RequestInputOf<'Fetch'>
type Response = ResponseOf<'Fetch'>
type PartitionResponse = Response['responses'][number]['partitions'][number]

const topicId = uuid(1)
const poll = { timeout: 5_000, interval: 1 }

/** A leader whose answers come when a test says so. */
class HeldLeader implements LeaderConnection {
  readonly requests: Request[] = []
  readonly closed: Promise<never> = new Promise(() => {})
  readonly #answers: ((response: Response) => void)[] = []

  request = ((_name: 'Fetch', _version: number, body: Request) => {
    this.requests.push(body)
    return new Promise((resolve) => void this.#answers.push(resolve))
  }) as unknown as LeaderConnection['request']

  close(): void {}

  answer(request: number, ...partitions: Partial<PartitionResponse>[]): void {
    const whole = partitions.map((own) => ({ ...nothing, ...own }))
    const responses = partitions.length === 0 ? [] : [{ topic: '', topicId, partitions: whole }]
    const head = { throttleTimeMs: 0, errorCode: 0, sessionId: 7, nodeEndpoints: [] }
    this.#answers[request]?.({ ...head, responses, answeredMs: 1 } as unknown as Response)
  }

  /** What a request names, as `partition@offset`. */
  named(request: number): string[] {
    return (this.requests[request]?.topics ?? []).flatMap(({ partitions }) => {
      return (partitions ?? []).map(({ partition, fetchOffset }) => `${partition}@${fetchOffset}`)
    })
  }
}

const nothing = {
  errorCode: 0,
  highWatermark: 0,
  logStartOffset: 0,
  divergingEpoch: { epoch: -1, endOffset: -1 },
  records: new Uint8Array(0),
}

test('records that come right behind an answer without any are taken', async () => {
  const { leader, partition, fetcher, followed } = await start()
  fetcher.add(followed(0))
  await expect.poll(() => leader.requests.length, poll).toBe(1)
  leader.answer(0)
  await expect.poll(() => leader.requests.length, poll).toBe(2) // waits for partition 0
  fetcher.add(followed(1))
  await expect.poll(() => leader.requests.length, poll).toBe(3) // names partition 1
  // Both are read from the socket at once.
  leader.answer(1, { partitionIndex: 0, logStartOffset: 0 })
  leader.answer(2, { partitionIndex: 0, records: produced('a') })
  await expect.poll(() => partition(0).log.logEndOffset, poll).toBe(1)
  await expect.poll(() => leader.named(3).concat(leader.named(4)), poll).toEqual(['0@1'])
})

/** A broker that follows all partitions of a topic. */
async function start() {
  const own = await startPartitions({ nodeId: 2 })
  const partitionRecords = [0, 1].map((partitionId) =>
    metadataRecord('PartitionRecord', {
      topicId,
      partitionId,
      replicas: [1, 2],
      isr: [1, 2],
      addingReplicas: [],
      removingReplicas: [],
      leader: 1,
      leaderEpoch: 5,
      partitionEpoch: 0,
    }),
  )
  own.tell(metadataRecord('TopicRecord', { name: 'orders', topicId }), ...partitionRecords)
  const partition = (index: number) => {
    const known = own.partitions.known({ id: topicId }, index)
    if (known === undefined) throw new Error(`no partition ${index}`)
    return known
  }
  const leader = new HeldLeader()
  const fetcher = new LeaderFetcher({
    brokerId: 2,
    brokerEpoch: () => 1,
    dial: () => Promise.resolve(leader),
    clock: realClock,
    random: realRandom,
    onReached() {},
    onReset() {},
    onServed() {},
    onFatal(error) {
      throw error
    },
  })
  onTestFinished(() => own.partitions.stop())
  const how = { nowMs: () => 0, report() {}, setAside() {} }
  return {
    leader,
    fetcher,
    partition,
    followed: (index: number) => new Followed(partition(index), how),
  }
}
