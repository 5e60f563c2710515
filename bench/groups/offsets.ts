import { CoordinatorState } from '../../broker/coordinator/coordinator-state.ts'
import { loadLog } from '../../broker/coordinator/load-log.ts'
import { commitOffsets } from '../../broker/coordinator/offsets/commit-offsets.ts'
import { CommittedOffsets } from '../../broker/coordinator/offsets/committed-offsets.ts'
import { Shard } from '../../broker/coordinator/shard.ts'
import type { PartitionLog } from '../../broker/log/partition-log.ts'
import { offsetsTopic } from '../../broker/metadata/internal-topics.ts'
import { Partition } from '../../broker/partition/partition.ts'
import { BrokerTraffic } from '../../broker/partition/traffic.ts'
import { realClock } from '../../lib/clock.ts'
import { noMembership } from '../../test/broker/coordinator/no-membership.ts'
import { makeDirectory, newLog, servicesOf } from '../log/temporary.ts'

const topicId = 'AAAAAAAAAAAAAAAAAAAAAQ'

/** What groups commit: `node --expose-gc bench/main.ts groups offsets`. Times are of the CPU. */
export async function benchOffsets(): Promise<void> {
  for (const [groups, partitions] of [
    [1_000, 100],
    [10_000, 10],
    [100_000, 1],
  ] as const) {
    memory(groups, partitions)
  }
  const directory = makeDirectory('groups')
  try {
    const log = newLog(`${directory.path}/${offsetsTopic}-0`, servicesOf({ tailBytes: 0 }))
    for (let round = 0; round < 3; round++) {
      await commits(log, { count: 50_000, partitions: 1 })
      await commits(log, { count: 2_000, partitions: 100 })
    }
    await load(log)
    log.close()
  } finally {
    directory.remove()
  }
}

function memory(groups: number, partitions: number): void {
  const before = heap()
  const offsets = new CommittedOffsets()
  for (let group = 0; group < groups; group++) {
    for (let partition = 0; partition < partitions; partition++) {
      const value = { offset: 2 ** 32 + group, metadata: '', commitTimestamp: 1.7e12 + partition }
      const place = { group: `group-${group}`, topic: 'orders', partition }
      offsets.replay({ type: 'OffsetCommit', ...place, value: { ...value, topicId } })
    }
  }
  const bytes = (heap() - before) / offsets.count
  console.log(
    `${groups} groups with ${partitions} offsets each: ${bytes.toFixed(0)} bytes an offset`,
  )
}

/** From 50 groups, each in a turn of its own. */
async function commits(
  log: PartitionLog,
  work: { count: number; partitions: number },
): Promise<void> {
  const shard = shardOf(log)
  const member = { memberId: '', groupInstanceId: null, generationId: -1 }
  const began = process.cpuUsage()
  for (let count = 0; count < work.count; count++) {
    const group = `group-${count % 50}`
    const offsets = Array.from({ length: work.partitions }, (_, partition) => {
      return { topic: 'orders', topicId, partition, offset: count, leaderEpoch: 0, metadata: '' }
    })
    const commit = { group, member, offsets, retentionMs: -1, version: 9 }
    const now = { nowMs: realClock.nowMs(), maxMetadataBytes: 4_096 }
    await shard.run((state) => commitOffsets(state, commit, now))
  }
  const us = cpuUs(began) / work.count
  console.log(`a commit of ${work.partitions} partitions: ${us.toFixed(1)} us`)
}

async function load(log: PartitionLog): Promise<void> {
  const state = new CoordinatorState(noMembership())
  const began = process.cpuUsage()
  await loadLog(log, {
    clock: realClock,
    replay: (record) => state.replay(record),
    unknown() {},
    isCancelled: () => false,
  })
  const us = cpuUs(began) / log.logEndOffset
  console.log(`loading ${log.logEndOffset} records: ${us.toFixed(1)} us each`)
}

function shardOf(log: PartitionLog): Shard {
  const about = { topic: offsetsTopic, topicId, partition: 0 }
  const fail = (error: unknown) => {
    throw error
  }
  const partition = new Partition({
    ...about,
    nodeId: 1,
    log,
    clock: realClock,
    highWatermark: 0,
    brokers: () => undefined,
    settings: () => ({ minInsyncReplicas: 1, replicaLagTimeMaxMs: 10_000 }),
    propose() {},
    traffic: new BrokerTraffic().of(about),
    flusher: { appended() {} },
    keepStart: async () => {},
    onFailed: fail,
  })
  partition.see({
    replicas: [1],
    isr: [1],
    elr: [],
    lastKnownElr: [],
    addingReplicas: [],
    removingReplicas: [],
    leader: 1,
    leaderEpoch: 0,
    partitionEpoch: 0,
    leaderRecoveryState: 'RECOVERED',
  })
  const shard = new Shard({
    index: 0,
    partition,
    clock: realClock,
    commitTimeoutMs: 5_000,
    makeState: () => new CoordinatorState(noMembership()),
    onUncertain() {},
    onFatal: fail,
  })
  shard.loaded()
  return shard
}

function cpuUs(began: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(began)
  return user + system
}

function heap(): number {
  gc?.()
  gc?.()
  return process.memoryUsage().heapUsed
}
