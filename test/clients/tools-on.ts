import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { whyNoKafka } from '../../scripts/kafka/jars.ts'
import { whyLater } from '../support/effort.ts'
import { type KavkaOptions, RunningKavka, whyNoUp } from '../support/kavka.ts'
import { runLines } from './tool-lines.ts'

const missing = whyNoKafka() ?? whyNoUp() ?? whyLater

/** For tests that run Kafka's tools, which take seconds to start: options that skip them where there are none. */
export const withTools = { timeout: 240_000, skip: missing !== undefined }

export type Tools = {
  readonly kavka: RunningKavka
  /** As `runLines`, on that cluster. */
  readonly run: (...lines: string[]) => Promise<string[]>
  /** @returns The path of a file with this in it. */
  readonly json: (name: string, content: unknown) => string
}

/** A cluster for all tests of a file, with all of its brokers there, and Kafka's tools on it. */
export function toolsOn(options: KavkaOptions): Tools {
  const folder = mkdtempSync(join(tmpdir(), 'kavka-tools-'))
  let kavka: RunningKavka | undefined
  const running = () => {
    if (kavka === undefined) throw new Error('the cluster was not started')
    return kavka
  }
  beforeAll(async () => {
    if (missing !== undefined) return
    kavka = await RunningKavka.start(options)
    await kavka.whole(options.brokers ?? 1)
  }, 60_000)
  afterAll(async () => {
    rmSync(folder, { recursive: true })
    await kavka?.[Symbol.asyncDispose]()
  }, 60_000)
  return {
    get kavka() {
      return running()
    },
    run: (...lines) => runLines(running().bootstrapServers, lines),
    json(name, content) {
      const file = join(folder, name)
      writeFileSync(file, JSON.stringify(content))
      return file
    },
  }
}
