import { applyRecords } from '../../broker/metadata/apply.ts'
import type { MetadataImage } from '../../broker/metadata/image.ts'
import { describePlan } from '../../operator/controller/decide/balance/describe.ts'
import { planMoves } from '../../operator/controller/decide/balance/plan-moves.ts'
import { fenceBrokers, unfence } from '../../operator/controller/decide/fencing.ts'
import { place } from '../../operator/controller/decide/placement.ts'
import { uuid } from '../../test/broker/metadata/support.ts'
import {
  broker,
  chance,
  clusterOf,
  topic as topicOf,
} from '../../test/operator/controller/decide/support.ts'
import { benchControllerMemory } from './memory.ts'

const brokers = 100
const racks = 3
const topics = 2_000
const partitionsOfEach = 50
const brokerConfig = new Map([['min.insync.replicas', '2']])

/** What it takes to decide about 100 brokers with 100,000 partitions, and what memory that takes. */
export async function benchController(part?: string): Promise<void> {
  if (part !== 'memory') benchDecisions()
  if (part !== 'decisions') await benchControllerMemory()
}

function benchDecisions(): void {
  const places = Array.from({ length: brokers }, (_, id) => ({ id, rack: `rack-${id % racks}` }))
  const count = topics * partitionsOfEach
  const noLoads = { leaders: new Map(), replicas: new Map() }
  const about = { count, replicationFactor: 3, places }
  const placed = timed(`place ${count} partitions`, () => place(about, noLoads, chance(1)))
  const image = filled(placed)
  for (let id = 0; id < 5; id++) {
    const gone = [{ brokerId: id, incarnationId: uuid(1_000 + id) }]
    const fenced = timed('fence a broker', () => fenceBrokers(image, gone, brokerConfig))
    const after = timed(`apply its ${fenced.length} records`, () => applyRecords(image, fenced))
    const broker = after.brokers.get(id)
    if (broker !== undefined) timed('unfence it', () => unfence(after, broker, brokerConfig))
  }
  for (const count of [1, racks]) {
    const larger = withOneMore(image, count)
    const where = `in ${count} rack${count === 1 ? '' : 's'}`
    const balance = () => planMoves(larger, { isLeaving: (id) => id === 7 })
    const plan = timed(`one more, one leaves, ${where}`, balance)
    timed(`describe ${plan.moves.length} moves`, () => describePlan(plan))
  }
}

/** All brokers registered again, with racks, and one more. */
function withOneMore(image: MetadataImage, racks: number): MetadataImage {
  const ids = Array.from({ length: brokers + 1 }, (_, id) => id)
  const registered = ids.flatMap((id) => {
    const fields = { rack: `rack-${id % racks}`, brokerEpoch: 1_000 + id }
    return broker(id).map((record) => ({ ...record, ...fields }))
  })
  return applyRecords(image, registered)
}

function filled(placed: readonly number[][]): MetadataImage {
  let image = clusterOf(...Array.from({ length: brokers }, (_, id) => id))
  for (let topic = 0; topic < topics; topic++) {
    const first = topic * partitionsOfEach
    const own = placed.slice(first, first + partitionsOfEach)
    image = applyRecords(image, topicOf(`topic-${topic}`, uuid(10_000 + topic), own))
  }
  return image
}

function timed<T>(what: string, run: () => T): T {
  const began = process.cpuUsage()
  const result = run()
  const { user, system } = process.cpuUsage(began)
  console.log(`${what.padEnd(32)} ${((user + system) / 1_000).toFixed(0).padStart(6)} ms of CPU`)
  return result
}
