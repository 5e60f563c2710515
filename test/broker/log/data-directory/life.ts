import { setImmediate } from 'node:timers/promises'
import type { DataDirectory } from '../../../../broker/log/data-directory/data-directory.ts'
import type { Crash, SimulatedDisk } from '../../../sim/disk/simulated-disk.ts'
import type { SyncCall } from '../../../sim/disk/sync-call.ts'
import {
  append,
  carts,
  newDisk,
  newOrders,
  orders,
  path,
  readToEnd,
  start,
  stopped,
} from './support.ts'

/** What a data directory has said so far: it must hold after any crash. */
class Told {
  /** By topic id: ends of logs, and what of them is durable. */
  readonly written = new Map<string, number>()
  readonly flushed = new Map<string, number>()
  /** Topics whose logs were set aside or deleted. */
  readonly gone = new Set<string>()
  /** How it was last stopped; undefined from a stop's beginning to its end, and of a start. */
  clean: boolean | undefined = false
}

/** Where a sync is asked for by the data directory, or by a log that it closes: `sync .tmp in write`. */
export function placeOf({ call, path: of, callers }: SyncCall): string | undefined {
  const isClosing = callers.some((caller) => caller.startsWith('PartitionLog.closeDurably'))
  // What else a log asks for itself is seen to in test/sim/log.
  const own = callers.find((caller) => /PartitionLog| broker\/log\/data-directory\//.test(caller))
  if (own === undefined || (own.includes('PartitionLog') && !isClosing)) return undefined
  const where = isClosing ? 'PartitionLog.closeDurably' : own.replace(/ .*/, '')
  if (call === 'syncDirectory') {
    const isOfPartition = isClosing && of !== path
    return `${call}${isOfPartition ? ' of the partition' : ''} in ${where}`
  }
  if (of.endsWith('.log')) return `${call} batches in ${where}`
  if (isClosing && !of.endsWith('index')) return undefined // epochs, which any flush writes
  return `${call} ${of.endsWith('index') ? 'indexes' : 'small file'} in ${where}`
}

/**
 * Lets a data directory live through all it has to do, up to a crash, and looks at what is left.
 *
 * @param call The how manieth call it crashes at.
 * @returns Whether there were so many, and what rule was broken.
 */
export async function crashedLife(
  call: number,
  crash: Crash,
  dropSyncs?: (sync: SyncCall) => boolean,
): Promise<{ crashed: boolean; violation: string | undefined }> {
  const { disk } = newDisk(call) // which is its seed too
  if (dropSyncs !== undefined) disk.dropSyncs(dropSyncs)
  const told = new Told()
  disk.crashAtCall(disk.calls + call, crash)
  const ended = await live(disk, told)
  if (typeof ended === 'string') return { crashed: false, violation: ended }
  if (ended) disk.crash(crash)
  const violation = (await violationOf(disk, told, crash)) ?? (await lostSince(disk, told, crash))
  return { crashed: !ended, violation }
}

/** What the start after a kill has found is durable then. */
async function lostSince(
  disk: SimulatedDisk,
  told: Told,
  { keepCache }: Crash,
): Promise<string | undefined> {
  if (!keepCache) return undefined
  const powerLoss = { keepCache: false, unsynced: 'nothing' } as const
  disk.crash(powerLoss)
  for (const [topicId, offset] of told.written) told.flushed.set(topicId, offset)
  told.clean = false
  return violationOf(disk, told, powerLoss)
}

async function live(disk: SimulatedDisk, told: Told): Promise<boolean | string> {
  const life = liveOn(disk, told).then(() => true)
  try {
    return await Promise.race([life, crashOf(disk)])
  } catch (error) {
    return disk.crashed ? false : String(error)
  }
}

/** What was in flight at a crash is never heard of again. */
async function crashOf(disk: SimulatedDisk): Promise<false> {
  while (!disk.crashed) await setImmediate()
  return false
}

async function liveOn(disk: SimulatedDisk, told: Told): Promise<void> {
  const first = await begin(disk, told)
  await write(first, told, orders, 12)
  await flush(first, told, orders)
  first.writeCheckpoints()
  await write(first, told, orders, 3)
  await write(first, told, carts, 2)
  told.written.set(orders.topicId, 14)
  told.flushed.set(orders.topicId, 14)
  await first.get(orders)?.truncateTo(14)
  await write(first, told, orders, 4)
  await flush(first, told, orders)
  await end(first, told)
  disk.files().syncDirectory('/') // so that there is a call to crash at while it is stopped

  const second = await begin(disk, told)
  await write(second, told, orders, 2)
  await flush(second, told, carts)
  second.writeCheckpoints()
  second.open(newOrders)
  told.gone.add(orders.topicId)
  await write(second, told, newOrders, 9)
  told.flushed.set(carts.topicId, 0)
  told.written.set(carts.topicId, 0)
  second.delete({ ...carts, uniqueId: 'unique' })
  told.gone.add(carts.topicId)
  await end(second, told)

  const third = await begin(disk, told)
  await write(third, told, newOrders, 1)
}

async function begin(disk: SimulatedDisk, told: Told): Promise<DataDirectory> {
  const { clean } = told
  told.clean = undefined
  const directory = await start(disk.files())
  if (clean !== undefined && directory.lastStop.clean !== clean) throw new Error('Marker')
  told.clean = false
  return directory
}

async function end(directory: DataDirectory, told: Told): Promise<void> {
  told.clean = undefined
  const { clean } = await directory.stop(stopped)
  for (const [topicId, offset] of told.written) told.flushed.set(topicId, offset)
  told.clean = clean
}

async function write(
  directory: DataDirectory,
  told: Told,
  own: typeof orders,
  batches: number,
): Promise<void> {
  const log = directory.open(own)
  await append(log, batches)
  told.written.set(own.topicId, log.logEndOffset)
}

async function flush(directory: DataDirectory, told: Told, own: typeof orders): Promise<void> {
  const log = directory.open(own)
  await log.flush()
  told.flushed.set(own.topicId, log.logEndOffset)
}

async function violationOf(
  disk: SimulatedDisk,
  told: Told,
  crash: Crash,
): Promise<string | undefined> {
  let directory: DataDirectory
  const files = disk.files()
  try {
    directory = await start(files)
  } catch (error) {
    return String(error)
  }
  await setImmediate() // what was deleted goes while others have their turn
  const left = files.list(path).find((name) => name.endsWith('-delete'))
  if (left !== undefined) return `Left: ${left}`
  for (const { problem } of directory.offline()) return String(problem)
  const { clean, brokerEpoch } = directory.lastStop
  if (told.clean !== undefined && told.clean !== clean) return `Clean: ${clean}, not ${told.clean}`
  if (clean && brokerEpoch !== stopped.brokerEpoch) return `Epoch: ${brokerEpoch}`

  const there = new Map([...directory.partitions()].map((own) => [own.topicId, own]))
  for (const topicId of told.gone) if (there.has(topicId)) return `Back: ${topicId}`
  const least = crash.keepCache ? told.written : told.flushed
  for (const [topicId, offset] of least) {
    const own = there.get(topicId)
    if (told.gone.has(topicId) || (own === undefined && offset === 0)) continue
    // The log may just be about to be set aside; then it is a stray.
    const isStray = directory.strays().some(({ id }) => id === topicId)
    if (own === undefined && isStray) continue
    if (own === undefined) return `Lost: ${topicId}`
    const log = directory.get(own)
    if (log === undefined || log.logEndOffset < offset)
      return `Lost: ${log?.logEndOffset}/${offset}`
  }
  for (const { topic, partition, topicId } of there.values()) {
    const log = directory.get({ topic, partition })
    if (log === undefined) return 'Gone'
    if (topicId === undefined && log.logEndOffset > 0) return `Nobody’s: ${topic}`
    if (readToEnd(log) !== log.logEndOffset) return `Content of ${topic}`
    for (let offset = log.logStartOffset; offset < log.logEndOffset; offset += 2) {
      if (log.findTimestamp(1_000 + offset)?.offset !== offset)
        return `Times of ${topic}: ${offset}`
    }
  }
  return undefined
}
