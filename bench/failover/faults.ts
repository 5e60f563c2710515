import { setTimeout as sleep } from 'node:timers/promises'
import type { ClientProcess } from './client-process.ts'
import type { Partition } from './partition.ts'
import type { System } from './system.ts'

/** What a fault meets: the partition is settled, and led by this broker. */
export type Scene = {
  readonly system: System
  readonly partition: Partition
  readonly client: ClientProcess
  readonly leader: number
}

/**
 * What is done to a system, up to where it can recover by itself. One in which nothing is done tells what
 * the machine alone does to the gaps.
 */
export const faults = {
  async nothing() {
    await sleep(10_000)
  },

  async kill({ system, client, leader }: Scene) {
    await system.restartBroker(leader, 'SIGKILL')
    await goesOn(client)
  },

  /** It is silent, and its connections stay open. It goes on once others do its work. */
  async stop({ system, client, leader }: Scene) {
    const pid = await system.pidOf(leader)
    process.kill(pid, 'SIGSTOP')
    try {
      await goesOn(client)
    } finally {
      goOnIfThere(pid)
    }
  },

  /** All brokers in turn, as for a new version. */
  async restart({ system, partition }: Scene) {
    for (const brokerId of system.addresses.keys()) {
      await system.restartBroker(brokerId, 'SIGTERM')
      await partition.settled()
    }
  },

  async controller({ system }: Scene) {
    await system.restartController()
  },

  /** Nobody decides who leads now before what decides is back. */
  async both({ system, client, leader }: Scene) {
    const pid = await system.pidOf(leader)
    const controller = system.restartController()
    process.kill(pid, 'SIGKILL')
    await controller
    await system.backAgain(leader, pid)
    await goesOn(client)
  },
} satisfies Record<string, (scene: Scene) => Promise<void>>

async function goesOn(client: ClientProcess): Promise<void> {
  if (await client.isAckedAgain(patienceMs)) return
  throw new Error(`nothing is acknowledged for ${patienceMs / 1_000} s`)
}

/** What it was replaced by has killed it. */
function goOnIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** More than what any client takes to give up a request. */
const patienceMs = 200_000
