import { describe, expect, test } from 'vitest'
import { appendAsFollower } from '../../../broker/log/follower-append.ts'
import { appendAsLeader } from '../../../broker/log/leader-append.ts'
import type { PartitionLog } from '../../../broker/log/partition-log.ts'
import { type BatchInput, buildBatch } from '../../../broker/protocol/records/build.ts'
import {
  maxTimestampOf,
  partitionLeaderEpochOf,
  timestampTypeOf,
} from '../../../broker/protocol/records/header.ts'
import { validateBatch } from '../../../broker/protocol/records/validate.ts'
import { SimulatedDisk } from '../../sim/disk/simulated-disk.ts'
import { bytesOf, openAt, rangesOf, servicesOn, smallConfig } from './log-support.ts'

const asLeader = { leaderEpoch: 7, nowMs: 9_000 }
const all = { maxBytes: 1_000_000 }

describe('a leader', () => {
  test('gives batches their offsets and its epoch in place, one behind the other', async () => {
    const log = logWith()
    const results = await lead(log, [sent(2), sent(3)], asLeader)
    expect(results).toEqual([
      { baseOffset: 0, nextOffset: 2, logAppendTimeMs: -1, isDuplicate: false },
      { baseOffset: 2, nextOffset: 5, logAppendTimeMs: -1, isDuplicate: false },
    ])
    const bytes = bytesOf(log.read(2, all))
    expect(partitionLeaderEpochOf(bytes, 0)).toBe(7)
    expect(validateBatch(bytes)).toBe(bytes.length)
  })

  test('refuses a bad batch alone, and appends those beside it', async () => {
    const log = logWith()
    const damaged = sent(1)
    damaged.fill(0xff, 70)
    const [first, bad, last] = await lead(log, [sent(1), damaged, sent(1)], asLeader)
    expect(first).toMatchObject({ baseOffset: 0 })
    expect(bad).toMatchObject({ error: { code: 'CORRUPT_MESSAGE' } })
    expect(last).toMatchObject({ baseOffset: 1 })
    expect(log.logEndOffset).toBe(2)
  })

  test('refuses what is larger than max.message.bytes', async () => {
    const log = logWith({ maxMessageBytes: 200 })
    const results = await lead(log, [sent(1, {}, 300), sent(1)], asLeader)
    expect(results[0]).toMatchObject({ error: { code: 'MESSAGE_TOO_LARGE' } })
    expect(results[1]).toMatchObject({ baseOffset: 0 })
  })

  test('refuses records too far ahead of message.timestamp.after.max.ms, and says which', async () => {
    const log = logWith({ timestampAfterMaxMs: 1_000 })
    const results = await lead(log, [at(10_001, 10_000, 11_000), at(10_000, -1)], asLeader)
    expect(results[0]).toMatchObject({
      error: { code: 'INVALID_TIMESTAMP', records: [{ index: 0 }, { index: 2 }] },
    })
    expect(results[1]).toMatchObject({ baseOffset: 0 })
  })

  test('refuses records older than message.timestamp.before.max.ms, and says which', async () => {
    const log = logWith({ timestampBeforeMaxMs: 1_000 })
    const results = await lead(log, [at(8_000, 7_999), at(8_000, 9_000, -1)], asLeader)
    expect(results[0]).toMatchObject({
      error: { code: 'INVALID_TIMESTAMP', records: [{ index: 1 }] },
    })
    expect(results[1]).toMatchObject({ baseOffset: 0 })
  })

  test('takes any time where it gives its own', async () => {
    const log = logWith({ messageTimestampType: 'LogAppendTime', timestampBeforeMaxMs: 1_000 })
    const results = await lead(log, [at(1), at(99_000_000)], asLeader)
    expect(results).toMatchObject([{ baseOffset: 0 }, { baseOffset: 1 }])
  })

  test('refuses records without a key where the log is compacted, and says which', async () => {
    const keyed = { timestamp: 1_000, key: Buffer.from('k'), value: null, headers: [] }
    const keyless = { ...keyed, key: null, value: Buffer.from('v') }
    const batches = [[keyed, keyless], [keyed]].map((records) => {
      return Buffer.from(buildBatch({ records, compression: 'gzip' }))
    })
    const results = await lead(logWith({ isCompacted: true }), batches, asLeader)
    expect(results[0]).toMatchObject({ error: { code: 'INVALID_RECORD', records: [{ index: 1 }] } })
    expect(results[1]).toMatchObject({ baseOffset: 0 })
  })

  test('answers a batch that came before with its old offsets, also within one call', async () => {
    const log = logWith()
    const producer = { producerId: 4, producerEpoch: 0 }
    const first = () => sent(2, { ...producer, baseSequence: 0 })
    const second = () => sent(1, { ...producer, baseSequence: 2 })
    const results = await lead(log, [first(), second(), first()], asLeader)
    expect(results[2]).toMatchObject({ baseOffset: 0, nextOffset: 2, isDuplicate: true })
    expect((await lead(log, [second()], asLeader))[0]).toMatchObject({
      baseOffset: 2,
      isDuplicate: true,
    })
    expect(log.logEndOffset).toBe(3)
  })

  test('writes the batches of one producer that come together at once', async () => {
    const disk = new SimulatedDisk(1)
    const log = openAt('/data/orders-0', servicesOn(disk.files()))
    const producer = { producerId: 4, producerEpoch: 0 }
    await lead(log, [sent(1, { ...producer, baseSequence: 2 ** 31 - 4 })], asLeader)
    const { calls } = disk
    const batches = [2 ** 31 - 3, 2 ** 31 - 1, 1].map((baseSequence) => {
      return sent(2, { ...producer, baseSequence })
    })
    const results = await lead(log, batches, asLeader)
    expect(results.map((result) => 'baseOffset' in result && result.baseOffset)).toEqual([1, 3, 5])
    expect(disk.calls).toBe(calls + 1)
  })

  test('notices a gap, a duplicate and another epoch among batches that come together', async () => {
    const log = logWith()
    const producer = { producerId: 4, producerEpoch: 0 }
    const results = await lead(
      log,
      [
        sent(2, { ...producer, baseSequence: 0 }),
        sent(2, { ...producer, baseSequence: 3 }),
        sent(2, { ...producer, baseSequence: 0 }),
        sent(1, { ...producer, baseSequence: 2 }),
        sent(1, { ...producer, producerEpoch: 1, baseSequence: 3 }),
        sent(1, { ...producer, producerEpoch: 1, baseSequence: 0 }),
        sent(1, { ...producer, baseSequence: 3 }),
      ],
      asLeader,
    )
    expect(results).toMatchObject([
      { baseOffset: 0 },
      { error: { code: 'OUT_OF_ORDER_SEQUENCE_NUMBER' } },
      { baseOffset: 0, isDuplicate: true },
      { baseOffset: 2 },
      { error: { code: 'OUT_OF_ORDER_SEQUENCE_NUMBER' } },
      { baseOffset: 3 },
      { error: { code: 'INVALID_PRODUCER_EPOCH' } },
    ])
    expect(log.logEndOffset).toBe(4)
  })

  test('refuses a gap in the sequence numbers of a producer', async () => {
    const log = logWith()
    const producer = { producerId: 4, producerEpoch: 0 }
    await lead(log, [sent(2, { ...producer, baseSequence: 0 })], asLeader)
    const [result] = await lead(log, [sent(1, { ...producer, baseSequence: 5 })], asLeader)
    expect(result).toMatchObject({ error: { code: 'OUT_OF_ORDER_SEQUENCE_NUMBER' } })
  })

  test('stamps its own time where the topic wants that, with a CRC that is right', async () => {
    const log = logWith({ messageTimestampType: 'LogAppendTime' })
    const [result] = await lead(log, [sent(2)], asLeader)
    expect(result).toMatchObject({ logAppendTimeMs: 9_000 })
    const bytes = bytesOf(log.read(0, all))
    expect([timestampTypeOf(bytes, 0), maxTimestampOf(bytes, 0)]).toEqual(['LogAppendTime', 9_000])
    expect(validateBatch(bytes)).toBe(bytes.length)
  })
})

describe('a follower', () => {
  test('takes the batches of its leader as they are, and leaves out one that is cut off', async () => {
    const leader = logWith()
    await lead(leader, [sent(2), sent(3), sent(1)], asLeader)
    const fetched = bytesOf(leader.read(0, all))
    const log = logWith()
    const taken = await follow(log, fetched.subarray(0, fetched.length - 5), { nowMs: 0 })
    expect(rangesOf(log.read(0, all))).toEqual([
      [0, 2],
      [2, 5],
    ])
    await follow(log, fetched.subarray(taken), { nowMs: 0 })
    expect(bytesOf(log.read(0, all)).equals(fetched)).toBe(true)
    expect(log.known?.epochs.entries).toEqual([{ epoch: 7, startOffset: 0 }])
  })

  test('refuses damage on the way, and what it has already', async () => {
    const leader = logWith()
    await lead(leader, [sent(2), sent(3)], asLeader)
    const fetched = bytesOf(leader.read(0, all))
    const damaged = Buffer.from(fetched)
    damaged.fill(0xff, damaged.length - 10)
    const log = logWith()
    const corrupt = expect.objectContaining({ code: 'CORRUPT_MESSAGE' })
    expect(() => appendAsFollower(log, damaged, { nowMs: 0 })).toThrow(corrupt)
    expect(log.logEndOffset).toBe(0)
    await follow(log, fetched, { nowMs: 0 })
    const again = expect.objectContaining({ code: 'OFFSET_OUT_OF_RANGE' })
    expect(() => appendAsFollower(log, fetched, { nowMs: 0 })).toThrow(again)
  })
})

describe('a disk that fails', () => {
  test('takes the log offline: nothing more is written, what is there can be read', async () => {
    for (const [fault, problem] of [
      ['EIO', 'DiskFailed'],
      ['ENOSPC', 'DiskFull'],
    ] as const) {
      const disk = new SimulatedDisk(1)
      const log = openAt('/data/orders-0', servicesOn(disk.files(), { tailBytes: 0 }))
      await lead(log, [sent(2)], asLeader)
      disk.fail({ call: 'write', code: fault })
      const offline = expect.objectContaining({ problem })
      expect(() => appendAsLeader(log, [sent(1)], asLeader)).toThrow(offline)
      expect(() => appendAsLeader(log, [sent(1)], asLeader)).toThrow(offline)
      expect(log.offline).toMatchObject({ problem })
      expect(rangesOf(log.read(0, all))).toEqual([[0, 2]])
    }
  })

  test('at a sync too: what was told as durable stays what it was', async () => {
    const disk = new SimulatedDisk(1)
    const log = openAt('/data/orders-0', servicesOn(disk.files()))
    await lead(log, [sent(2)], asLeader)
    await log.flush()
    await lead(log, [sent(2)], asLeader)
    disk.fail({ call: 'sync' })
    const offline = expect.objectContaining({ problem: 'DiskFailed' })
    await expect(log.flush()).rejects.toThrow(offline)
    expect(log.flushedEndOffset).toBe(2)
    await expect(log.flush()).rejects.toThrow(offline)
    expect(() => appendAsLeader(log, [sent(1)], asLeader)).toThrow(offline)
  })

  test('shares one sync between all who wait: group commit', async () => {
    const disk = new SimulatedDisk(1, { later: 'held' })
    const log = openAt('/data/orders-0', servicesOn(disk.files()))
    const began = lead(log, [sent(1)], asLeader)
    for (; log.logEndOffset === 0; disk.settle()) {
      await new Promise((resolve) => void setImmediate(resolve))
    }
    await began
    const first = log.flush()
    appendAsLeader(log, [sent(1)], asLeader)
    const others = [log.flush(), log.flush(), log.flush()]
    let syncs = 0
    disk.dropSyncs(({ path }) => {
      if (path.endsWith('.log')) syncs += 1
      return false
    })
    const all = Promise.all([first, ...others]).then(() => 'done')
    for (;;) {
      const turn = new Promise((resolve) => void setImmediate(resolve))
      if ((await Promise.race([all, turn])) === 'done') break
      disk.settle()
    }
    expect(log.flushedEndOffset).toBe(2)
    expect(syncs).toBeLessThanOrEqual(2)
  })
})

function logWith(config: Partial<typeof smallConfig> = {}): PartitionLog {
  const services = servicesOn(new SimulatedDisk(1).files())
  return openAt('/data/orders-0', services, { config: { ...smallConfig, ...config } })
}

/** A batch as a producer sends it. */
function sent(count: number, input: Partial<BatchInput> = {}, valueBytes = 20): Uint8Array {
  const records = Array.from({ length: count }, (_, index) => {
    return { timestamp: 1_000 + index, key: null, value: Buffer.alloc(valueBytes, 1), headers: [] }
  })
  return buildBatch({ ...input, records })
}

/** A batch with a record for each of these times. */
function at(...timestamps: number[]): Uint8Array {
  const records = timestamps.map((timestamp) => {
    return { timestamp, key: null, value: Buffer.from('v'), headers: [] }
  })
  return buildBatch({ records })
}

/** Appends, and settles when it is written. */
async function lead(...own: Parameters<typeof appendAsLeader>) {
  const results = appendAsLeader(...own)
  await own[0].written()
  return results
}

async function follow(...own: Parameters<typeof appendAsFollower>) {
  const taken = appendAsFollower(...own)
  await own[0].written()
  return taken
}
