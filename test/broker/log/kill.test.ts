import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { nextOffsetOf } from '../../../broker/protocol/records/header.ts'
import { validateBatch } from '../../../broker/protocol/records/validate.ts'
import { effort } from '../../support/effort.ts'
import { seeded } from '../../support/mutate.ts'
import { numberedBatch, openNumbered } from './numbered-batches.ts'
import { fetchAll } from './real-log.ts'

const kills = Number(process.env['KILLS'] ?? effort(10, 25))
const seed = Number(process.env['SEED'] ?? 1)
const killsPerDirectory = 10
const script = new URL('append-until-killed.ts', import.meta.url).pathname

test(`a process that appends is killed ${kills} times: nothing written is lost or torn`, {
  timeout: 60_000 + kills * 5_000,
}, async () => {
  const random = seeded(seed)
  const folder = mkdtempSync(join(tmpdir(), 'kavka-kill-'))
  let told = { written: 0, flushed: 0 }
  const sum = { batches: 0, flushedLater: 0, beyondTold: 0 }
  try {
    for (let kill = 0; kill < kills; kill++) {
      if (kill % killsPerDirectory === 0) told = { written: 0, flushed: 0 }
      const directory = join(folder, `orders-${Math.floor(kill / killsPerDirectory)}`)
      const before = told
      told = await appendUntilKilled(directory, before, {
        seed: seed + kill,
        after: kill % 2 === 0 ? 'f' : 'w',
        forMs: 5 + random(56),
      })
      expect(told.written).toBeGreaterThan(before.written)
      if (told.flushed > before.flushed) sum.flushedLater += 1

      const { end, count } = check(directory, told, `kill ${kill} of seed ${seed}`)
      sum.batches += count
      sum.beyondTold += end - told.written
      told.written = end
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  expect(sum.flushedLater, 'many of the lives had a flush').toBeGreaterThan(kills / 4)
  if (process.env['KILLS'] !== undefined) console.log(sum)
})

/**
 * @param after Kills it a while after it has said so the first time.
 * @returns The ends of the log that the process said were written, and were durable.
 */
async function appendUntilKilled(
  directory: string,
  { written, flushed }: { written: number; flushed: number },
  { seed, after, forMs }: { seed: number; after: 'w' | 'f'; forMs: number },
): Promise<{ written: number; flushed: number }> {
  const args = [script, directory, `${flushed}`, `${seed}`]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const closed = once(child, 'close')
  let said = ''
  const isUnderWay = new Promise<void>((resolve) => {
    child.stdout.setEncoding('latin1').on('data', (text: string) => {
      said += text
      if (said.includes(after)) resolve()
    })
  })
  try {
    await Promise.race([isUnderWay, closed])
    await setTimeout(forMs)
  } finally {
    child.kill('SIGKILL')
    await closed
  }
  expect(child.signalCode, 'it lived until it was killed').toBe('SIGKILL')
  const told = { written, flushed }
  for (const [, what, end] of said.matchAll(/^([wf]) (\d+)\n/gm)) {
    const key = what === 'w' ? 'written' : 'flushed'
    told[key] = Math.max(told[key], Number(end))
  }
  return told
}

/** Opens it as a broker would, which knows what it said was durable, and compares each byte. */
function check(
  directory: string,
  { written, flushed }: { written: number; flushed: number },
  which: string,
): { end: number; count: number } {
  const log = openNumbered(directory, flushed)
  const batches = fetchAll(log, { maxBytes: 1_000_000 })
  let end = 0
  for (const batch of batches) {
    const wanted = numberedBatch(end)
    expect(Buffer.compare(batch, wanted), `${which}: the batch at ${end}`).toBe(0)
    expect(validateBatch(batch, 0)).toBe(batch.length)
    end = nextOffsetOf(wanted, 0)
  }
  expect(log.logEndOffset, which).toBe(end)
  expect(end, `${which}: what was flushed`).toBeGreaterThanOrEqual(flushed)
  // A process that is killed leaves the page cache behind.
  expect(end, `${which}: what was written`).toBeGreaterThanOrEqual(written)
  for (const segment of log.segmentList) segment.release()
  return { end, count: batches.length }
}
