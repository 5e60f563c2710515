import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Files, OpenFile } from '../../broker/io/files.ts'
import { realFiles } from '../../broker/io/real-files.ts'
import { appendAsLeader } from '../../broker/log/leader-append.ts'
import { makeBatches } from './batches.ts'
import { makeDirectory, newLog, servicesOf } from './temporary.ts'

/** Partitions that were written once. */
export const written = 10_000
export const recordsInEach = 5
/** Replicas that never were. */
export const empty = 100_000

/** What partitions cost of which nothing is asked: opening them, and keeping them open. */
export async function benchIdle(): Promise<void> {
  const directory = makeDirectory('idle')
  try {
    const started = performance.now()
    for (let index = 0; index < written; index++) await writeOnce(`${directory.path}/t-${index}`)
    const seconds = (performance.now() - started) / 1_000
    console.log(
      `${written} partitions written and closed in ${seconds.toFixed(1)} s, without syncs`,
    )
    for (let round = 0; round < 5; round++) await inProcess('open', directory.path)
    for (let round = 0; round < 3; round++) await inProcess('empty', directory.path)
  } finally {
    directory.remove()
  }
  console.log()
}

const services = servicesOf({ files: withoutSyncs(realFiles), tailBytes: 0 })

async function writeOnce(path: string): Promise<void> {
  const log = newLog(path, services)
  const batches = makeBatches({ sizeBytes: 1_024, totalBytes: recordsInEach * 1_024 })
  for (const batch of batches) {
    appendAsLeader(log, [batch], { leaderEpoch: 1, nowMs: 1_000 })
  }
  await log.written()
  log.close()
}

/** With a heap of its own, to be measured. */
async function inProcess(what: string, path: string): Promise<void> {
  const script = join(import.meta.dirname, 'idle-contender.ts')
  const [code] = await once(fork(script, [what, path], { execArgv: ['--expose-gc'] }), 'exit')
  if (code !== 0) throw new Error('a contender has failed, see above')
}

/** Only the writing, of which the time does not count, goes on without waiting for the disk. */
function withoutSyncs(files: Files): Files {
  return {
    ...files,
    syncDirectory() {},
    async syncDirectoryLater() {},
    open: (path) => withoutSync(files.open(path)),
    create: (path) => withoutSync(files.create(path)),
  }
}

function withoutSync(file: OpenFile): OpenFile {
  return new Proxy(file, {
    get: (_, name: keyof OpenFile) => (name === 'sync' ? () => {} : file[name].bind(file)),
  })
}
