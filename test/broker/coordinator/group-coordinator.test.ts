import { expect, test } from 'vitest'
import type { CoordinatorState } from '../../../broker/coordinator/coordinator-state.ts'
import type { Decision } from '../../../broker/coordinator/decision.ts'
import { encodeCoordinatorRecord } from '../../../broker/coordinator/record-codec.ts'
import type { CoordinatorRecord } from '../../../broker/coordinator/records.ts'
import { metadataRecord } from '../../../broker/metadata/records.ts'
import { KafkaError } from '../../../broker/protocol/errors.ts'
import { type BatchInput, buildBatch } from '../../../broker/protocol/records/build.ts'
import { buildEndTransactionMarker } from '../../../broker/protocol/records/control.ts'
import { newDisk } from '../log/data-directory/support.ts'
import { uuid } from '../metadata/support.ts'
import { topicOn } from '../partition/support.ts'
import {
  offsetRecord,
  offsetsTopicId,
  offsetsTopicOn,
  startGroups,
  type TestGroups,
} from './support.ts'

const commit =
  (...records: CoordinatorRecord[]) =>
  (): Decision<string> => ({ records, response: 'done' })
const nothing = (): Decision<string> => ({ records: [], response: 'done' })
const offsetOf =
  (group: string, topic = 'orders', partition = 0) =>
  ({ offsets }: CoordinatorState): Decision<number | undefined> => {
    return { records: [], response: offsets.get(group, topic, partition)?.offset }
  }
const codeOf = (asked: Promise<unknown>) =>
  asked.then(
    () => 'NONE',
    (error: KafkaError) => error.code,
  )

/** Lets a log be loaded, or groups be tidied. */
async function settled({ clock }: TestGroups): Promise<void> {
  for (let turns = 0; turns < 20; turns++) await clock.turn()
}

function append(
  own: TestGroups,
  records: CoordinatorRecord[],
  more: Partial<BatchInput> = {},
): void {
  const encoded = records.map((record) => ({ timestamp: 1, ...encodeCoordinatorRecord(record) }))
  own.partition().appendOwn(buildBatch({ records: encoded, ...more }))
}

test('what was committed is known after a restart, the latest of each partition', async () => {
  const disk = newDisk()
  const first = await startGroups({ disk })
  first.partitions.tell(...offsetsTopicOn())
  for (const offset of [1, 2, 3]) {
    expect(await first.coordinator.run('g', commit(offsetRecord('g', offset)))).toBe('done')
  }
  await first.coordinator.run('g', commit(offsetRecord('g', 7, { topic: 'carts', partition: 4 })))
  await first.coordinator.run('h', commit(offsetRecord('h', 9)))
  await first.coordinator.run('h', commit({ ...offsetRecord('h', 9), value: null }))
  await first.partitions.dataDirectory.stop({ brokerEpoch: 1 })

  const second = await startGroups({ disk })
  second.partitions.tell(...offsetsTopicOn())
  expect(await codeOf(second.coordinator.run('g', nothing))).toBe('COORDINATOR_LOAD_IN_PROGRESS')
  expect(await codeOf(second.coordinator.runForAll(nothing))).toBe('COORDINATOR_LOAD_IN_PROGRESS')
  await settled(second)
  expect(await second.coordinator.run('g', offsetOf('g'))).toBe(3)
  expect(await second.coordinator.run('g', offsetOf('g', 'carts', 4))).toBe(7)
  expect(await second.coordinator.run('h', offsetOf('h'))).toBeUndefined()
  expect(second.memberships.map(({ happened }) => happened)).toEqual([['loaded']])
})

test('a group is coordinated by who leads its partition, and by nobody else', async () => {
  const own = await startGroups()
  expect(await codeOf(own.coordinator.run('g', nothing))).toBe('NOT_COORDINATOR')
  own.partitions.tell(...offsetsTopicOn({ leader: 4 }))
  expect(await codeOf(own.coordinator.run('g', nothing))).toBe('NOT_COORDINATOR')
  own.partitions.tell(
    metadataRecord('PartitionChangeRecord', {
      topicId: offsetsTopicId,
      partitionId: 0,
      leader: 3,
      replicas: [3],
      isr: [3],
    }),
  )
  expect(await own.coordinator.run('g', nothing)).toBe('done')
  const waits = Promise.withResolvers<string>()
  const waiting = codeOf(own.coordinator.run('g', () => ({ records: [], response: waits.promise })))
  own.partitions.tell(
    metadataRecord('PartitionChangeRecord', {
      topicId: offsetsTopicId,
      partitionId: 0,
      leader: 4,
      replicas: [4],
      isr: [4],
    }),
  )
  waits.resolve('too late')
  expect(await waiting).toBe('NOT_COORDINATOR')
  expect(own.memberships[0]?.happened).toEqual(['loaded', 'unloaded: NOT_COORDINATOR'])
  expect(await own.coordinator.runForAll(nothing)).toEqual([])
  expect(own.clock.pending).toBe(1) // when it looks for old offsets
})

test('the groups of a topic that was deleted and made anew begin anew', async () => {
  const own = await startGroups()
  own.partitions.tell(...offsetsTopicOn())
  await own.coordinator.run('g', commit(offsetRecord('g', 5)))
  own.partitions.tell(metadataRecord('RemoveTopicRecord', { topicId: offsetsTopicId }))
  expect(await codeOf(own.coordinator.run('g', nothing))).toBe('NOT_COORDINATOR')
  own.partitions.tell(...topicOn('__consumer_offsets', uuid(51)))
  expect(await own.coordinator.run('g', offsetOf('g'))).toBeUndefined()
})

test('nobody is told of what is not committed', async () => {
  const entries = new Map([['kavka.flush', 'Always']])
  const own = await startGroups({ entries })
  own.partitions.tell(...offsetsTopicOn())
  const answers: unknown[] = []
  const committing = own.coordinator.run('g', commit(offsetRecord('g', 5)))
  void committing.then((answer) => answers.push(answer))
  const fetching = own.coordinator.run('g', offsetOf('g'))
  void fetching.then((answer) => answers.push(answer))
  await Promise.resolve()
  expect(own.partition().highWatermark).toBe(0)
  expect(answers).toEqual([])
  await Promise.all([committing, fetching])
  expect(own.partition().highWatermark).toBe(1)
  expect(answers).toEqual(['done', 5])
})

test('records that are not taken change nothing, and those who decided hear of it', async () => {
  const own = await startGroups({ entries: new Map([['message.max.bytes', '200']]) })
  own.partitions.tell(...offsetsTopicOn())
  const failed: string[] = []
  const records = [1, 2, 3, 4, 5].map((partition) => offsetRecord('g', 1, { partition }))
  const deciding = own.coordinator.run('g', () => {
    return { records, response: 'done', failed: ({ code }) => void failed.push(code) }
  })
  expect(await codeOf(deciding)).toBe('UNKNOWN_SERVER_ERROR')
  expect(failed).toEqual(['UNKNOWN_SERVER_ERROR'])
  expect(await own.coordinator.run('g', offsetOf('g', 'orders', 1))).toBeUndefined()
  expect(own.partition().log.logEndOffset).toBe(0)
})

test('a name that no record can hold is refused, and nobody else suffers', async () => {
  const own = await startGroups()
  own.partitions.tell(...offsetsTopicOn())
  const name = 'n'.repeat(40_000)
  const committing = own.coordinator.run(name, commit(offsetRecord(name, 1)))
  expect(await codeOf(committing)).toBe('UNKNOWN_SERVER_ERROR')
  own.memberships[0]?.port.run(() => ({ records: [offsetRecord(name, 1)], response: undefined }))
  await settled(own)
  expect(own.fatal).toEqual([])
  expect(await own.coordinator.run('g', nothing)).toBe('done')
})

test.each(['1000000', '500'])(
  'records that need not stay together are appended in pieces of at most %s bytes',
  async (maxBytes) => {
    const own = await startGroups({ entries: new Map([['message.max.bytes', maxBytes]]) })
    own.partitions.tell(...offsetsTopicOn())
    const records = Array.from({ length: 4_000 }, (_, partition) =>
      offsetRecord('g', 1, { partition }),
    )
    await own.coordinator.run('g', commit(...records), { inPieces: true })
    expect(await own.coordinator.run('g', offsetOf('g', 'orders', 3_999))).toBe(1)
    expect(own.partition().log.logEndOffset).toBe(4_000)
  },
)

test('what a disk may have refused behind an answer is read again from the log', async () => {
  const own = await startGroups()
  own.partitions.tell(...offsetsTopicOn())
  await own.coordinator.run('g', commit(offsetRecord('g', 5)))
  const partition = own.partition()
  partition.untilCommitted = () => {
    return Promise.reject(new KafkaError('KAFKA_STORAGE_ERROR', 'the disk is full'))
  }
  expect(await codeOf(own.coordinator.run('g', commit(offsetRecord('g', 6))))).toBe(
    'NOT_COORDINATOR',
  )
  partition.untilCommitted = () => undefined
  await settled(own)
  expect(own.memberships.map(({ happened }) => happened)).toEqual([
    ['loaded', 'unloaded: NOT_COORDINATOR'],
    ['loaded'],
  ])
  expect(await own.coordinator.run('g', offsetOf('g'))).toBe(6)
})

test('while the disk is full groups are read on, and keep nothing new', async () => {
  const disk = newDisk()
  const own = await startGroups({ disk })
  own.partitions.tell(...offsetsTopicOn())
  await own.coordinator.run('g', commit(offsetRecord('g', 5)))
  disk.disk.fail({ call: 'write', code: 'ENOSPC' })
  for (const offset of [6, 7]) {
    const committing = own.coordinator.run('g', commit(offsetRecord('g', offset)))
    expect(await codeOf(committing)).toBe('NOT_COORDINATOR')
    await settled(own)
    expect(await own.coordinator.run('g', offsetOf('g'))).toBe(5)
  }
})

test('what waited for a disk that failed is not believed', async () => {
  const disk = newDisk()
  const own = await startGroups({ disk })
  own.partitions.tell(...offsetsTopicOn())
  disk.disk.fail({ call: 'write', path: /\.log$/, code: 'ENOSPC' }) // the first one waits for its file
  const committing = own.coordinator.run('g', commit(offsetRecord('g', 6)))
  const fetching = own.coordinator.run('g', offsetOf('g'))
  expect(await codeOf(committing)).toBe('NOT_COORDINATOR')
  expect(await codeOf(fetching)).toBe('NOT_COORDINATOR')
  await settled(own)
  expect(await own.coordinator.run('g', offsetOf('g'))).toBeUndefined()
  expect(own.memberships.map(({ happened }) => happened)).toEqual([
    ['loaded', 'unloaded: NOT_COORDINATOR'],
    ['loaded'],
  ])
})

test('who waits too long for a commit hears it, and the offset is there all the same', async () => {
  const own = await startGroups({ entries: new Map([['offsets.commit.timeout.ms', '1234']]) })
  own.partitions.tell(...offsetsTopicOn())
  const partition = own.partition()
  const waits: number[] = []
  partition.untilCommitted = (_, timeoutMs) => {
    waits.push(timeoutMs)
    return Promise.reject(new KafkaError('REQUEST_TIMED_OUT', 'too long'))
  }
  const committing = own.coordinator.run('g', commit(offsetRecord('g', 6)))
  expect(await codeOf(committing)).toBe('COORDINATOR_NOT_AVAILABLE')
  expect(waits).toEqual([1_234])
  partition.untilCommitted = () => undefined
  expect(await own.coordinator.run('g', offsetOf('g'))).toBe(6)
})

test('what timers ask for is decided when nothing else is', async () => {
  const own = await startGroups()
  own.partitions.tell(...offsetsTopicOn())
  const order: string[] = []
  const port = own.memberships[0]?.port
  const later = (name: string) => () => {
    order.push(`${name} sees ${own.partition().log.nextOffset}`)
    return { records: [offsetRecord(name, 1)], response: undefined }
  }
  await own.coordinator.run('g', () => {
    port?.run(later('second'))
    port?.run(later('third'))
    order.push('first')
    return { records: [offsetRecord('first', 1)], response: undefined }
  })
  port?.run(later('fourth'))
  expect(order).toEqual(['first', 'second sees 1', 'third sees 2', 'fourth sees 3'])
  port?.run(() => {
    throw new KafkaError('UNKNOWN_MEMBER_ID', 'nobody waits for it')
  })
  await settled(own)
  expect(own.fatal).toEqual([])
  port?.run(() => {
    throw new TypeError('our own mistake')
  })
  await settled(own)
  expect(own.fatal).toEqual([new TypeError('our own mistake')])
})

test('a log that a Kafka wrote is understood', async () => {
  const disk = newDisk()
  const first = await startGroups({ disk })
  first.partitions.tell(...offsetsTopicOn())
  for (const compression of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
    append(first, [offsetRecord(compression, 1)], { compression })
  }
  const consumerGroup = { timestamp: 1, key: Buffer.from('0003000167', 'hex'), value: null }
  first.partition().appendOwn(buildBatch({ records: [consumerGroup] }))
  const transaction = (producerId: number, group: string, baseSequence = 0) => {
    const more = { producerId, producerEpoch: 0, baseSequence, isTransactional: true }
    append(first, [offsetRecord(group, 1)], more)
  }
  const end = (producerId: number, type: 'abort' | 'commit') => {
    const marker = { type, coordinatorEpoch: 0, producerId, producerEpoch: 0, timestamp: 1 }
    const { log } = first.partition()
    const bytes = buildEndTransactionMarker(marker)
    new DataView(bytes.buffer, bytes.byteOffset).setBigInt64(0, BigInt(log.nextOffset))
    log.append([bytes], 1)
  }
  transaction(1, 'committed')
  transaction(2, 'aborted')
  transaction(3, 'open')
  end(1, 'commit')
  end(2, 'abort')
  await first.partitions.dataDirectory.stop({ brokerEpoch: 1 })

  const second = await startGroups({ disk })
  second.partitions.tell(...offsetsTopicOn())
  await settled(second)
  const known = await second.coordinator.run('g', ({ offsets }) => {
    return { records: [], response: [...offsets.groups()] }
  })
  expect(known).toEqual(['gzip', 'snappy', 'lz4', 'zstd', 'committed'])
  expect(second.log.lines.map(({ fields }) => fields)).toMatchObject([
    { partition: 0, keyVersion: 3, records: 1 },
    { partition: 0, offsets: 5 },
  ])
})

test('a damaged record stops all groups of its partition, and the log is tried again', async () => {
  const disk = newDisk()
  const first = await startGroups({ disk })
  first.partitions.tell(...offsetsTopicOn())
  append(first, [offsetRecord('g', 1)])
  const { key } = encodeCoordinatorRecord(offsetRecord('g', 1))
  const damaged = { timestamp: 1, key, value: Buffer.from('0009', 'hex') }
  first.partition().appendOwn(buildBatch({ records: [damaged] }))
  await first.partitions.dataDirectory.stop({ brokerEpoch: 1 })

  const second = await startGroups({ disk })
  second.partitions.tell(...offsetsTopicOn())
  await settled(second)
  expect(await codeOf(second.coordinator.run('g', nothing))).toBe('NOT_COORDINATOR')
  expect(await second.coordinator.runForAll(nothing)).toEqual([])
  await second.clock.advance(10_000)
  await settled(second)
  expect(second.log.lines).toMatchObject([
    { fields: { reason: expect.stringContaining('the record at offset 1 cannot be read') } },
    { fields: { reason: expect.stringContaining('the record at offset 1 cannot be read') } },
  ])
  second.coordinator.stop()
  expect(second.clock.pending).toBe(0)
})

test('others have their turn while a large log is loaded', async () => {
  const disk = newDisk()
  const first = await startGroups({ disk })
  first.partitions.tell(...offsetsTopicOn())
  for (let batch = 0; batch < 5; batch++) {
    const records = Array.from({ length: 1_000 }, (_, i) => offsetRecord(`g-${batch}-${i}`, 1))
    append(first, records)
  }
  await first.partitions.dataDirectory.stop({ brokerEpoch: 1 })

  const second = await startGroups({ disk })
  let turns = 0
  const turn = second.clock.turn.bind(second.clock)
  second.clock.turn = () => {
    turns += 1
    return turn()
  }
  second.partitions.tell(...offsetsTopicOn())
  for (let tries = 0; tries < 200; tries++) await turn()
  expect(turns).toBeGreaterThanOrEqual(5)
  expect(await second.coordinator.run('g-4-999', offsetOf('g-4-999'))).toBe(1)
  expect(second.memberships[0]?.happened).toEqual(['loaded'])
})
