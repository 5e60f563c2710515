import type { Decision } from '../../broker/coordinator/decision.ts'
import { ClassicGroups } from '../../broker/coordinator/group/classic-groups.ts'
import { groupSettingsOf } from '../../broker/coordinator/group/settings.ts'
import type { CoordinatorRecord } from '../../broker/coordinator/records.ts'
import { encodeVersioned } from '../../broker/protocol/codec/versioned.ts'
import {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
} from '../../broker/protocol/generated/groups.ts'
import { realClock } from '../../lib/clock.ts'
import { silentLogger } from '../../lib/logger.ts'
import { realRandom } from '../../lib/random.ts'

/** Classic groups in memory, without a log: `node --expose-gc bench/main.ts groups decisions`. */
export async function benchDecisions(): Promise<void> {
  for (const [count, size] of [
    [2_000, 10],
    [1, 1_000],
  ] as const) {
    console.log(`${count} groups of ${size} members`)
    const world = new World()
    const before = heap()
    const started = cpuMs()
    await world.join({ count, size })
    console.log(`  joined and stable: ${took(started)}`)
    const loads = cpuMs()
    world.replayed().stop()
    console.log(`  replayed: ${took(loads)}`)
    world.forgetLog()
    const members = count * size
    console.log(`  heap of an idle member: ${Math.round((heap() - before) / members)} bytes`)
    for (let round = 0; round < 3; round++) {
      const began = cpuMs()
      for (const member of world.members) world.heartbeat(member)
      const each = ((cpuMs() - began) * 1_000_000) / members
      console.log(`  a heartbeat: ${each.toFixed(0)} ns`)
    }
    world.stop()
  }
}

type Member = { readonly groupId: string; readonly memberId: string; readonly leader: string }

/** Groups whose records are taken as soon as they are decided on. */
class World {
  members: Member[] = []
  private readonly log: CoordinatorRecord[] = []
  private readonly groups: ClassicGroups

  constructor(log: readonly CoordinatorRecord[] = []) {
    const port = { run: (decide: () => Decision<void>) => void this.carryOut(decide()) }
    const settings = { ...groupSettingsOf(new Map()), initialRebalanceDelayMs: 200 }
    const services = { clock: realClock, random: realRandom, settings, port, log: silentLogger }
    this.groups = new ClassicGroups(services)
    for (const record of log) if (record.type === 'GroupMetadata') this.groups.replay(record)
    this.groups.loaded()
  }

  /** All members of all groups at once, as after a restart of everything. */
  async join({ count, size }: { count: number; size: number }): Promise<void> {
    const metadata = encodeVersioned(ConsumerProtocolSubscription, 1, { topics: ['orders'] })
    const joins: Promise<Member>[] = []
    for (let index = 0; index < count * size; index++) {
      const groupId = `group-${index % count}`
      const request = {
        groupId,
        sessionTimeoutMs: 45_000,
        rebalanceTimeoutMs: 300_000,
        memberId: '',
        groupInstanceId: null,
        protocolType: 'consumer',
        protocols: ['range', 'cooperative-sticky'].map((name) => ({ name, metadata })),
        reason: null,
      }
      const client = { version: 3, clientId: `consumer-${index}`, clientHost: '/10.0.0.1' }
      joins.push(
        this.carryOut(this.groups.join(request, client)).then(({ memberId, leader }) => {
          return { groupId, memberId, leader }
        }),
      )
    }
    this.members = await Promise.all(joins)
    const byGroup = Map.groupBy(this.members, (member) => member.groupId)
    const syncs = this.members.map((member) => {
      return this.carryOut(this.sync(member, byGroup.get(member.groupId) ?? []))
    })
    await Promise.all(syncs)
  }

  heartbeat({ groupId, memberId }: Member): void {
    this.groups.heartbeat({ groupId, memberId, generationId: 1, groupInstanceId: null })
  }

  /** What the broker has on its disk. */
  forgetLog(): void {
    this.log.length = 0
  }

  replayed(): World {
    return new World(this.log)
  }

  stop(): void {
    this.groups.unload({ code: 'NOT_COORDINATOR' } as never)
  }

  private sync({ groupId, memberId, leader }: Member, all: readonly Member[]) {
    const topics = [{ topic: 'orders', partitions: [0] }]
    const assignment = encodeVersioned(ConsumerProtocolAssignment, 1, {
      assignedPartitions: topics,
    })
    const own = memberId === leader ? all : []
    const request = {
      groupId,
      generationId: 1,
      memberId,
      groupInstanceId: null,
      protocolType: null,
      protocolName: null,
      assignments: own.map((member) => ({ memberId: member.memberId, assignment })),
    }
    return this.groups.sync(request, { version: 3 })
  }

  private async carryOut<R>({ records, response }: Decision<R>): Promise<R> {
    for (const record of records) {
      this.log.push(record)
      if (record.type === 'GroupMetadata') this.groups.replay(record)
    }
    return response
  }
}

function heap(): number {
  global.gc?.()
  const { heapUsed, external, arrayBuffers } = process.memoryUsage()
  return heapUsed + external + arrayBuffers
}

/** Of the processor, since others may have it meanwhile. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

function took(since: number): string {
  return `${(cpuMs() - since).toFixed(0)} ms of CPU`
}
