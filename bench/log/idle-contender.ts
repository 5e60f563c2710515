/** Opens partitions of which nothing is asked, and says what they take: see `idle.ts`. */
import { setTimeout } from 'node:timers/promises'
import { openPartitionLog } from '../../broker/log/open.ts'
import { PartitionLog } from '../../broker/log/partition-log.ts'
import { empty, recordsInEach, written } from './idle.ts'
import { logOptions, servicesOf } from './temporary.ts'

const [what, directory] = process.argv.slice(2)
const services = servicesOf({ tailBytes: 0 })
const logs: PartitionLog[] = []
const count = what === 'open' ? written : empty
const one = what === 'open' ? openWritten : makeEmpty

const before = await measure()
const started = performance.now()
for (let index = 0; index < count; index++) logs.push(one(index))
const ms = performance.now() - started
const atOnce = process.memoryUsage().rss
const after = await measure()
console.log(
  `  ${logs.length} ${what === 'open' ? 'opened' : 'without an append'} in ${(ms / 1_000).toFixed(2)} s; ` +
    `each ${perLog(after.heap - before.heap)} KB of heap, ${perLog(after.rss - before.rss)} KB of RSS ` +
    `(${perLog(atOnce - before.rss)} before a collection), ${services.handles.count} files open`,
)

function openWritten(index: number): PartitionLog {
  const checkpointed = { flushedEndOffset: recordsInEach, logStartOffset: 0, clean: true, nowMs: 0 }
  const log = openPartitionLog(logOptions(`${directory}/t-${index}`), checkpointed, services)
  if (log.logEndOffset !== recordsInEach) throw new Error(`${index} ends at ${log.logEndOffset}`)
  return log
}

function makeEmpty(index: number): PartitionLog {
  return new PartitionLog(logOptions(`${directory}/e-${index}`), services)
}

async function measure(): Promise<{ heap: number; rss: number }> {
  for (let turn = 0; turn < 3; turn++) {
    gc?.()
    await setTimeout(20)
  }
  const { heapUsed, external, rss } = process.memoryUsage()
  return { heap: heapUsed + external, rss }
}

function perLog(bytes: number): string {
  return (bytes / count / 1024).toFixed(2)
}
