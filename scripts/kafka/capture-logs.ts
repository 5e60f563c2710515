import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Ending,
  type KafkaLogs,
  type SeenPartition,
  type StoredFile,
  storeFile,
} from '../../test/support/kafka-logs.ts'
import { startKafka } from './broker.ts'
import { runJava } from './jars.ts'

/**
 * Lets a real Kafka of one node write logs of every kind (WriteLogs.java) and then stops or kills
 * it. Takes about 20 s.
 *
 * @returns Its data directory, without the topics it keeps for itself.
 */
export async function captureLogs(ending: Ending): Promise<KafkaLogs> {
  const folder = mkdtempSync(join(tmpdir(), 'kavka-capture-'))
  try {
    const kafka = await startKafka(folder, settings)
    let topics: Record<string, SeenPartition>
    try {
      topics = JSON.parse(runJava('WriteLogs.java', [kafka.bootstrapServers], 'broker'))
    } finally {
      await kafka.stop(ending === 'killed' ? 'kill' : 'in order')
    }
    return { files: filesIn(kafka.dataDirectory), topics }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** So that the cleaner is quick, and checkpoints lie within the log when the broker is killed. */
const settings = {
  'log.initial.task.delay.ms': 500,
  'log.cleaner.backoff.ms': 200,
  'log.flush.offset.checkpoint.interval.ms': 1_000,
  'log.flush.start.offset.checkpoint.interval.ms': 1_000,
}

function filesIn(dataDirectory: string): Record<string, StoredFile> {
  const names = readdirSync(dataDirectory, { recursive: true, encoding: 'utf8' }).toSorted()
  const own = names.filter((name) => !name.startsWith('__') && !notKept.test(name))
  const files = own.filter((name) => statSync(join(dataDirectory, name)).isFile())
  return Object.fromEntries(
    files.map((name) => [name, storeFile(readFileSync(join(dataDirectory, name)))]),
  )
}

/** Of the controller, and the lock on the directory. */
const notKept = /^(bootstrap\.checkpoint|\.lock)$/
