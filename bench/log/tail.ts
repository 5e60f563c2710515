import type { BatchSource } from '../../broker/log/batch-source.ts'
import { appendAsLeader } from '../../broker/log/leader-append.ts'
import type { PartitionLog } from '../../broker/log/partition-log.ts'
import type { Files, OpenFile } from '../../lib/files.ts'
import { realFiles } from '../../lib/real-files.ts'
import { ranged } from './append.ts'
import { grouped, makeBatches } from './batches.ts'
import { makeDirectory, newLog, servicesOf } from './temporary.ts'

const wantedBytes = 1024 * 1024
const rounds = 21
const readsInRound = 200

/** The newest MB of a log from the tail, beside the same from the page cache. */
export async function benchTail(): Promise<void> {
  console.log(`Reading the newest MB, ${rounds} rounds of ${readsInRound} reads`)
  for (const sizeKb of [64, 1]) {
    const directory = makeDirectory('tail')
    try {
      const sizeBytes = sizeKb * 1024
      const fromTail = await filled(`${directory.path}/tail-0`, sizeBytes, 64 * 1024 * 1024)
      const fromFile = await filled(`${directory.path}/file-0`, sizeBytes, 0)
      const into = new Uint8Array(2 * wantedBytes)
      compareReads(`${sizeKb} KB batches, tail`, fromTail, into)
      compareReads(`${sizeKb} KB batches, page cache`, fromFile, into)
    } finally {
      directory.remove()
    }
  }
  console.log()
}

type Filled = { log: PartitionLog; offset: number; accesses: { count: number } }

/** A log of 16 MB, and where its last MB begins. */
async function filled(path: string, sizeBytes: number, tailBytes: number): Promise<Filled> {
  const accesses = { count: 0 }
  const log = newLog(path, servicesOf({ files: counting(realFiles, accesses), tailBytes }))
  const batches = makeBatches({ sizeBytes, totalBytes: 16 * wantedBytes })
  for (const group of grouped(batches, 8)) append(log, group)
  await log.written()
  return { log, offset: log.logEndOffset - wantedBytes / sizeBytes, accesses }
}

function append(log: PartitionLog, group: readonly Uint8Array[]): void {
  for (const result of appendAsLeader(log, group, { leaderEpoch: 1, nowMs: 1_000 })) {
    if ('error' in result) throw result.error
  }
}

function compareReads(label: string, { log, offset, accesses }: Filled, into: Uint8Array): void {
  const us: number[] = []
  let bytes = 0
  for (let round = -3; round < rounds; round++) {
    const started = performance.now()
    accesses.count = 0
    for (let left = readsInRound; left > 0; left--) bytes = readOnce(log, offset, into)
    if (round >= 0) us.push(((performance.now() - started) * 1_000) / readsInRound)
  }
  console.log(
    `  ${label.padEnd(26)} ${ranged(us, 1)} us for ${(bytes / 1024).toFixed(0)} KB, ` +
      `${accesses.count / readsInRound} accesses to files in a read`,
  )
}

/** Slices in memory are sent as they are; one of a file is read first, at once. */
function readOnce(log: PartitionLog, offset: number, into: Uint8Array): number {
  const { parts, sizeBytes } = log.read(offset, { maxBytes: 2 * wantedBytes })
  for (const part of parts) {
    if (part instanceof Uint8Array) continue
    const source = part.file as BatchSource
    source.read(into.subarray(0, part.byteLength), part.position)
  }
  return sizeBytes
}

function counting(files: Files, accesses: { count: number }): Files {
  return {
    ...files,
    open: (path) => counted(files.open(path)),
    create: (path) => counted(files.create(path)),
  }

  function counted(file: OpenFile): OpenFile {
    return new Proxy(file, {
      get(_, name: keyof OpenFile) {
        accesses.count += 1
        return file[name].bind(file)
      },
    })
  }
}
