import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../../bench/failover/until.ts'
import { chanceOf } from '../sim/disk/chance.ts'
import { RunningKavka } from '../support/kavka.ts'
import { Producing, Reading } from './client-process.ts'
import { faults } from './faults.ts'
import { bytesOfReplica, valuesIn } from './replica-logs.ts'
import { type ChaosVerdict, verdictOf } from './verdict.ts'

export type ChaosOptions = {
  readonly seed: number
  /** For how long there are faults. */
  readonly seconds: number
  readonly partitions?: number
  /** All where nothing is said. */
  readonly only?: readonly string[]
  /** Of the topic, by Kafka's names. */
  readonly config?: Readonly<Record<string, string>>
  readonly tell?: (line: string) => void
  /** Where all data is copied to if something is amiss. */
  readonly keepIn?: string
}

export type ChaosOutcome = ChaosVerdict & {
  /** How often each was done. */
  readonly faults: Readonly<Record<string, number>>
  /** Partitions whose replicas are not alike. */
  readonly unlike: readonly number[]
  /** What clients were told that they may not be told. */
  readonly problems: readonly string[]
  /**
   * Why producers had to begin anew: librdkafka does where a broker, after a stop in order, takes a batch for one that is
   * out of order, since it knows only the last one of each producer (Kafka's snapshots have no more).
   */
  readonly fatal: readonly string[]
  readonly givenUp: number
}

/**
 * Three brokers under `kavka up`, written to and read from by librdkafka, while their processes and that of
 * `kavka up` are hurt at random. The seed gives the faults, not their outcome: processes are in nobody's hand.
 *
 * @throws If the cluster does not become whole again, or a client does not come to its end.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosOutcome> {
  const { seed, seconds, partitions = 6, only, tell = () => {}, keepIn } = options
  const topic = 'chaos'
  const config = { 'min.insync.replicas': '2', 'segment.bytes': '1048576', ...options.config }
  await using kavka = await RunningKavka.start({
    brokers,
    config: { 'default.replication.factor': undefined, 'min.insync.replicas': undefined },
    topics: { [topic]: { partitions, replicationFactor: brokers, config } },
  })
  const { bootstrapServers } = await kavka.whole(brokers)
  const own = { topic, partitions }
  await using first = new Producing(bootstrapServers, { ...own, name: 'a', intervalMs: 2 })
  await using second = new Producing(bootstrapServers, { ...own, name: 'b', intervalMs: 7 })
  await using reader = new Reading(bootstrapServers, own)
  const producers = [first, second]
  try {
    const names = namesOf(only)
    const done = await hurt(kavka, { seed, seconds, names, tell }, () => {
      const acked = producers.map((one) => one.acked.length).join(' + ')
      return `${acked} acknowledged, ${producers.map((one) => one.fatal.length).join(' + ')} fatal`
    })
    await kavka.whole(brokers)
    await within(60_000, 'producers ended', Promise.all(producers.map((one) => one.end())))
    const { logs, unlike } = await settled(kavka, own)
    const ends = logs.map((log) => Math.max(-1, ...last(log)) + 1)
    const isAllRead = () => {
      return ends.every((end, index) => (reader.nextOffsets[index] ?? 0) >= end) || undefined
    }
    if ((await until(isAllRead, { patienceMs: 60_000, everyMs: 50 })) === undefined) {
      throw new Error(`not all is read up to ${ends}`)
    }
    await reader.end()
    const verdict = verdictOf(producers, reader.read, logs)
    const problems = [...producers, reader].flatMap((client) => client.problems)
    const fatal = producers.flatMap((one) => one.fatal)
    const givenUp = producers.reduce((sum, one) => sum + one.givenUp, 0)
    const outcome = { ...verdict, faults: done, unlike, problems, fatal, givenUp }
    if (keepIn !== undefined && isAmiss(outcome)) keep(kavka, keepIn)
    return outcome
  } catch (error) {
    if (keepIn !== undefined) {
      keep(kavka, keepIn)
      for (const [name, { complaints }] of Object.entries({ first, second, reader })) {
        writeFileSync(join(keepIn, `${name}.log`), complaints)
      }
    }
    throw error
  }
}

export function isAmiss(outcome: ChaosOutcome): boolean {
  const { lost, twice, disordered, misplaced, dirtyReads, readGaps, unlike, problems } = outcome
  const wrong = lost + twice + disordered + misplaced + dirtyReads + readGaps
  return wrong + unlike.length + problems.length > 0
}

type FaultName = keyof typeof faults

/** @throws If there is none of that name. */
function namesOf(only: readonly string[] | undefined): FaultName[] {
  const all = Object.keys(faults) as FaultName[]
  const unknown = only?.find((name) => !(name in faults))
  if (unknown !== undefined) throw new Error(`${unknown} is none of ${all.join(', ')}`)
  return only === undefined ? all : (only as FaultName[])
}

/** @returns How often each fault was done. */
async function hurt(
  kavka: RunningKavka,
  {
    seed,
    seconds,
    names,
    tell,
  }: { seed: number; seconds: number; names: FaultName[]; tell: (line: string) => void },
  progress: () => string,
): Promise<Record<string, number>> {
  const chance = chanceOf(seed, 'chaos')
  const done: Record<string, number> = {}
  const startMs = performance.now()
  while (performance.now() - startMs < seconds * 1_000) {
    await sleep(chance(2_000))
    const name = names[chance(names.length)] as FaultName
    tell(`${((performance.now() - startMs) / 1_000).toFixed(1)} s: ${name}; ${progress()}`)
    done[name] = (done[name] ?? 0) + 1
    await faults[name]({ kavka, brokers, chance })
    // Every other time the next comes while this one is not over yet.
    if (chance(2) === 0) await kavka.whole(brokers)
  }
  return done
}

/** Waits until all replicas are alike. */
async function settled(
  kavka: RunningKavka,
  { topic, partitions }: { topic: string; partitions: number },
) {
  const look = () => {
    return Array.from({ length: partitions }, (_, partition) => {
      const [one, ...others] = Array.from({ length: brokers }, (_broker, broker) => {
        return bytesOfReplica(kavka, { broker, topic, partition })
      })
      return {
        bytes: one as Buffer,
        areAlike: others.every((other) => other.equals(one as Buffer)),
      }
    })
  }
  let seen = look()
  const areAllAlike = () => {
    seen = look()
    return seen.every(({ areAlike }) => areAlike) || undefined
  }
  await until(areAllAlike, { patienceMs: 10_000, everyMs: 100 })
  const unlike = seen.flatMap(({ areAlike }, partition) => (areAlike ? [] : [partition]))
  return { logs: seen.map(({ bytes }) => valuesIn(bytes)), unlike }
}

function last(log: ReadonlyMap<number, string>): number[] {
  const offset = [...log.keys()].at(-1)
  return offset === undefined ? [] : [offset]
}

function keep({ dataDirectory }: RunningKavka, folder: string): void {
  const filter = (path: string) => !path.endsWith('.sock')
  cpSync(dataDirectory, folder, { recursive: true, filter })
}

async function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
  const timeout = AbortSignal.timeout(ms)
  const late = new Promise<never>((_resolve, reject) => {
    timeout.addEventListener('abort', () => reject(new Error(`not ${what} in ${ms / 1_000} s`)))
  })
  return Promise.race([promise, late])
}

const brokers = 3
