import { writeSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { nextOffsetOf } from '../../../broker/protocol/records/header.ts'
import { seeded } from '../../support/mutate.ts'
import { numberedBatch, openNumbered } from './numbered-batches.ts'

/**
 * Appends to a log until somebody kills this process, and says what it has done as soon as it is
 * done: `w <end>` was written, `f <end>` is durable.
 */
const [directory = '', flushedEnd = '', seed = ''] = process.argv.slice(2)
const random = seeded(Number(seed))
const log = openNumbered(directory, Number(flushedEnd))
let flushes = 0
let said = log.logEndOffset
log.listener = { written: sayWritten, failed: () => process.exit(1) }

for (;;) {
  for (let left = 1 + random(6); left > 0; left--) append()
  if (flushes < 2 && random(4) === 0) void flush()
  // A flush goes on while others append.
  if (random(2) === 0) await setImmediate()
}

function append(): void {
  const batches: Uint8Array[] = []
  let { nextOffset: end } = log
  for (let left = 1 + random(3); left > 0; left--) {
    const batch = numberedBatch(end)
    batches.push(batch)
    end = nextOffsetOf(batch, 0)
  }
  log.append(batches, 0)
  sayWritten()
}

/** What waits for the disk is written later, and then the log says so. */
function sayWritten(): void {
  if (log.logEndOffset > said) say(`w ${log.logEndOffset}`)
  said = log.logEndOffset
}

async function flush(): Promise<void> {
  const { logEndOffset: end } = log
  flushes += 1
  await log.flush()
  flushes -= 1
  say(`f ${end}`)
}

function say(line: string): void {
  writeSync(1, `${line}\n`)
}
