/** One way to append, in a process of its own: see `append.ts`. */
import { closeSync, openSync, writeSync, writevSync } from 'node:fs'
import { appendAsLeader } from '../../broker/log/leader-append.ts'
import type { PartitionLog } from '../../broker/log/partition-log.ts'
import { crcOf } from '../../broker/protocol/records/header.ts'
import { at } from '../../broker/protocol/records/layout.ts'
import { crc32c } from '../../lib/crc32c.ts'
import { realFiles } from '../../lib/real-files.ts'
import { roundBytes } from './append.ts'
import { grouped, makeBatches, resetBatches } from './batches.ts'
import { serveRounds } from './rounds.ts'
import { makeDirectory, newLog, servicesOf } from './temporary.ts'

const [kind, sizeBytes, group] = process.argv.slice(2)
const producer = kind === 'idempotent' ? { producerId: 7 } : {}
const batches = makeBatches({ sizeBytes: Number(sizeBytes), totalBytes: roundBytes, ...producer })
const roundWritten = batches.reduce((sum, { length }) => sum + length, 0)
const groups = grouped(batches, Number(group))
const directory = makeDirectory('append')

if (kind === 'floor') await serveFloor()
else await serveLog()

/** Each round has a new file, whose pages the kernel has to get as those of the log's. */
function serveFloor(): Promise<void> {
  const path = `${directory.path}/floor`
  let fd: number | undefined
  return serveRounds({
    prepare() {
      drop()
      realFiles.syncDirectory(directory.path) // as the log's does, so that the disk is as quiet
      fd = openSync(path, 'w')
    },
    round: () => writeAll(fd as number),
    end: directory.remove,
  })

  function drop(): void {
    if (fd === undefined) return
    closeSync(fd)
    realFiles.remove(path)
  }
}

function writeAll(fd: number): void {
  let position = 0
  for (const own of groups) {
    for (const batch of own) check(batch)
    const only = own[0] as Uint8Array
    if (own.length === 1) position += writeSync(fd, only, 0, only.length, position)
    else position += writevSync(fd, own, position)
  }
  if (position !== roundWritten) throw new Error(`only ${position} bytes were written`)
}

function check(batch: Uint8Array): void {
  if (crc32c(batch.subarray(at.attributes)) !== crcOf(batch, 0)) throw new Error('a bad CRC')
}

function serveLog(): Promise<void> {
  const services = servicesOf({ tailBytes: roundBytes / 2 }) // forgets a batch before it is reset
  const path = `${directory.path}/t-0`
  let log: PartitionLog | undefined
  return serveRounds({
    async prepare() {
      log?.close()
      realFiles.removeDirectory(path)
      log = newLog(path, services)
      resetBatches(batches)
      // The first batch makes the directory, which has to wait for the disk.
      appendAll(log, [warmUp()])
      await log.written()
    },
    async round() {
      for (const own of groups) appendAll(log as PartitionLog, own)
      await log?.written() // if the disk was slow
      const wanted = roundWritten + warmUp().length
      if (log?.sizeBytes !== wanted) throw new Error(`only ${log?.sizeBytes} are in the log`)
    },
    end: directory.remove,
  })
}

function appendAll(log: PartitionLog, own: readonly Uint8Array[]): void {
  for (const result of appendAsLeader(log, own, { leaderEpoch: 1, nowMs: 1_000 })) {
    if ('error' in result) throw result.error
  }
}

function warmUp(): Uint8Array {
  return makeBatches({ sizeBytes: 100, totalBytes: 100 })[0] as Uint8Array
}
