import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startKafka } from '../../scripts/kafka/broker.ts'
import { RunningKavka } from '../../test/support/kavka.ts'

/** A broker that is measured. */
export type Peer = {
  readonly name: string
  readonly address: string
  readonly pid: number
  stop(): Promise<void>
}

/** One broker by `kavka up`, as a user has it. */
export async function startKavkaPeer(): Promise<Peer> {
  const kavka = await RunningKavka.start()
  const { brokers } = (await kavka.status()) ?? { brokers: [] }
  return {
    name: 'kavka',
    address: `127.0.0.1:${kavka.basePort}`,
    pid: brokers[0]?.pid as number,
    stop: () => kavka[Symbol.asyncDispose](),
  }
}

/** Apache Kafka 4.3.1 with a heap of 1 GB, its own default. */
export async function startKafkaPeer(): Promise<Peer> {
  const folder = mkdtempSync(join(tmpdir(), 'kafka-bench-'))
  const kafka = await startKafka(folder, {}, { heap: '1g' })
  return {
    name: 'Kafka',
    address: kafka.bootstrapServers,
    pid: kafka.pid,
    async stop() {
      await kafka.stop('in order')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
