import { execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { DataDirectory } from '../../broker/log/data-directory/data-directory.ts'
import { appendAsLeader } from '../../broker/log/leader-append.ts'
import { defaultLogConfig } from '../../broker/log/log-config.ts'
import type { Files, OpenFile } from '../../lib/files.ts'
import { realFiles } from '../../lib/real-files.ts'
import { makeBatches, resetBatches } from './batches.ts'
import { makeDirectory, servicesOf } from './temporary.ts'

/** Partitions that were written once. */
export const written = 10_000
const batchesInEach = 5
/** Replicas that never were. */
export const empty = 100_000
const partitionsPerTopic = 100

/** What partitions cost of which nothing is asked: starting with them, keeping them, stopping. */
export async function benchIdle(): Promise<void> {
  const directory = makeDirectory('idle')
  try {
    await writeAll(directory.path)
    for (let round = 0; round < 5; round++) await inProcess('untouched', directory.path)
    for (let round = 0; round < 3; round++) await inProcess('touched', directory.path)
    for (let round = 0; round < 5; round++) await inProcess('killed', directory.path)
    for (let round = 0; round < 5; round++) await inProcess('empty', `${directory.path}/empty`)
  } finally {
    directory.remove()
  }
  console.log()
}

/** On the files of this machine, with Kafka's defaults. */
export function openDirectory(path: string, files: Files = realFiles): Promise<DataDirectory> {
  const options = {
    path,
    owner: { clusterId: 'bench', nodeId: 1, newDirectoryId: 'AAAAAAAAAAAAAAAAAAAADw' },
    producerIdExpirationMs: 86_400_000,
    nowMs: 0,
    configOf: () => defaultLogConfig,
    pause: () => setImmediate(undefined),
    onProblem(problem: unknown) {
      throw problem
    },
  }
  return DataDirectory.open(options, servicesOf({ files, tailBytes: 0 }))
}

/** As the metadata of a cluster names them: the words of a topic are the same for each of its. */
export function* partitionsOf(count: number) {
  for (let first = 0; first < count; first += partitionsPerTopic) {
    const number = first / partitionsPerTopic
    const topic = `a-topic-of-the-bench-${number}`
    const topicId = Buffer.from(`${number}`.padStart(16, '0')).toString('base64url')
    for (let partition = 0; partition < partitionsPerTopic; partition++) {
      yield { topic, partition, topicId, config: defaultLogConfig }
    }
  }
}

async function writeAll(path: string): Promise<void> {
  const started = performance.now()
  const directory = await openDirectory(path, withoutSyncs(realFiles))
  const batches = makeBatches({ sizeBytes: batchBytes, totalBytes: batchesInEach * batchBytes })
  for (const own of partitionsOf(written)) {
    const log = directory.open(own)
    resetBatches(batches)
    for (const batch of batches) appendAsLeader(log, [batch], { leaderEpoch: 1, nowMs: 1_000 })
    await log.written() // they use the same batches
  }
  await directory.stop({ brokerEpoch: 1 })
  const seconds = (performance.now() - started) / 1_000
  execFileSync('sync') // what follows is not to wait for it
  console.log(`${written} partitions written and closed in ${seconds.toFixed(1)} s, without syncs`)
}

export const batchBytes = 1_024

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
  const own: Partial<OpenFile> = { sync() {}, syncLater: () => Promise.resolve() }
  return new Proxy(file, {
    get: (_, name: keyof OpenFile) => own[name] ?? file[name].bind(file),
  })
}
