import { loadavg } from 'node:os'
import { whyNoKafka } from '../../scripts/kafka/jars.ts'
import { whyNoConfluentKafka, whyNoKcat } from '../../test/clients/tools.ts'
import { intervalMs } from './client-process.ts'
import { type Combination, combinationsOf } from './combinations.ts'
import { startKafkaSystem } from './kafka-system.ts'
import { startKavkaSystem } from './kavka-system.ts'
import { measure } from './measure.ts'
import { Others } from './others.ts'
import { head, rowOf } from './report.ts'
import type { System } from './system.ts'

const runs = Number(process.env['RUNS'] ?? 5)
const replicas = Number(process.env['REPLICAS'] ?? 3)
const partitions = Number(process.env['PARTITIONS'] ?? 0)
const areLedByOne = process.env['LED'] === 'all'

const systems = { kafka: startKafkaSystem, kavka: startKavkaSystem }

const dimensions = {
  system: ['kafka', 'kavka'],
  fault: ['nothing', 'kill', 'stop', 'restart', 'controller', 'both'],
  client: ['librdkafka', 'java'],
  settings: ['default', 'recommended'],
} as const

/**
 * The longest time without an acknowledgement while the leader of a partition is hurt, beside Apache
 * Kafka, and whether what was acknowledged is there afterwards, once and in order.
 *
 * @param part Words that choose, as `kafka,kill,java`.
 */
export async function benchFailover(part = ''): Promise<void> {
  const why = whyNoKafka() ?? whyNoConfluentKafka() ?? whyNoKcat()
  if (why !== undefined) throw new Error(why)
  const bySystem = Map.groupBy(combinationsOf(dimensions, part), ({ system }) => system)
  const load = loadavg()[0]?.toFixed(1)
  console.log(
    `${replicas} replicas, a record each ${intervalMs} ms; load of the machine before ${load}`,
  )
  if (partitions > 0) console.log(aboutOthers())
  console.log('gaps between two acknowledgements in milliseconds\n')
  console.log(head)
  for (const [name, combinations] of bySystem) await benchSystem(name, combinations)
}

/** One after the other on the same brokers, as long as they come back. */
async function benchSystem(
  name: keyof typeof systems,
  combinations: readonly Combination<typeof dimensions>[],
): Promise<void> {
  let system: System | undefined
  let others: Others | undefined
  try {
    for (const combination of combinations) {
      const words = Object.values(combination)
      const tell = (gapMs: number) => console.error(`  ${words.join(' ')}: ${gapMs.toFixed(0)}`)
      try {
        system ??= await systems[name]()
        others ??= await othersOn(system)
        const on = areLedByOne ? [...system.addresses.keys()].slice(0, replicas) : replicas
        const measured = await measure(system, combination, { runs, on, others, tell })
        console.log(rowOf(words, measured))
        const reasons = Map.groupBy(measured.failures, (why) => why)
        for (const [why, { length }] of reasons) console.log(`  ${length} failed: ${why}`)
      } catch (error) {
        console.log(`${words.join(' ')}: ${error instanceof Error ? error.message : error}`)
        process.exitCode = 1
        await system?.stop() // nobody knows in which state it is
        system = undefined
        others = undefined
      }
    }
  } finally {
    await system?.stop()
  }
}

async function othersOn(system: System): Promise<Others | undefined> {
  if (partitions === 0) return undefined
  return Others.create(() => system.addresses, { count: partitions, replicas, areLedByOne })
}

function aboutOthers(): string {
  const led = areLedByOne ? 'which leads all of them' : 'which leads a third to a half of them'
  return `beside ${partitions} partitions with as many replicas: one of each on the broker that is hurt, ${led}`
}
