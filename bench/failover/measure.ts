import { setTimeout as sleep } from 'node:timers/promises'
import { type ClientName, ClientProcess } from './client-process.ts'
import { faults } from './faults.ts'
import { longestGapMs } from './gaps.ts'
import { judge, type Verdict } from './judge.ts'
import type { Others } from './others.ts'
import { Partition } from './partition.ts'
import { profiles } from './profiles.ts'
import { readBack } from './read-back.ts'
import type { System } from './system.ts'
import { monotonicMs } from './until.ts'

export type Trial = {
  readonly client: ClientName
  readonly settings: keyof (typeof profiles)[ClientName]
  readonly fault: keyof typeof faults
}

export type Measured = Verdict & {
  /** The longest of each run. */
  readonly gapsMs: readonly number[]
  /** Why records were given up, once for each of them. */
  readonly failures: readonly string[]
  readonly acknowledged: number
}

export type MeasureOptions = {
  readonly runs: number
  /** How many replicas the partition has, or the brokers that have one, of which the first leads. */
  readonly on: number | readonly number[]
  /** What else there is, which is to be in sync before each fault as well. */
  readonly others: Others | undefined
  /** Is told the gap of each run. */
  readonly tell: (gapMs: number) => void
}

/**
 * Writes to a new topic all the time, does the fault so many times, each once the system has recovered
 * from the last one, and reads back what there is in the end.
 *
 * @throws If the system or the client does not come back from a fault.
 */
export async function measure(
  system: System,
  trial: Trial,
  { runs, on, others, tell }: MeasureOptions,
): Promise<Measured> {
  const topic = `failover-${trial.client}-${trial.settings}-${trial.fault}-${Date.now()}`
  const partition = await Partition.create(() => system.addresses, topic, on)
  await partition.settled()
  const { bootstrapServers } = system
  const settings = profiles[trial.client][trial.settings]
  await using client = new ClientProcess(trial.client, { bootstrapServers, topic, settings })
  const gapsMs: number[] = []
  for (let run = 0; run < runs; run++) {
    const leader = await recovered({ partition, client, others })
    await sleep(Math.random() * 2_000) // nobody's timer is in step with the faults
    const fromMs = monotonicMs()
    await faults[trial.fault]({ system, partition, client, leader })
    await recovered({ partition, client, others })
    const gapMs = longestGapMs(client.acks, { fromMs, toMs: monotonicMs() })
    tell(gapMs)
    gapsMs.push(gapMs)
  }
  const sent = await client.end()
  const { acks, failures } = client
  if (acks.length + failures.length !== sent) {
    throw new Error(`of ${sent} records ${acks.length} are acknowledged, ${failures.length} failed`)
  }
  const read = await readBack(trial.client, { bootstrapServers, topic })
  const acked = acks.map(({ number }) => number)
  return { ...judge(acked, read), gapsMs, failures, acknowledged: acks.length }
}

/** @returns The leader. */
async function recovered(own: {
  partition: Partition
  client: ClientProcess
  others: Others | undefined
}): Promise<number> {
  await own.others?.settled()
  const leader = await own.partition.settled()
  if (await own.client.isAckedAgain(patienceMs)) return leader
  throw new Error(`broker ${leader} leads, and acknowledges nothing for ${patienceMs / 1_000} s`)
}

/** More than what any client takes to give up a request. */
const patienceMs = 200_000
