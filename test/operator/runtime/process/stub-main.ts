import { mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { realClock } from '../../../../lib/clock.ts'
import { acquireLock } from '../../../../lib/kernel-lock.ts'

// A program that is to a runtime what a broker is: it has a lock on its data, and ends when told.
// `config.exit` makes it end at once with that code.
const file = process.argv[3] as string
const { nodeId, dataDir, config } = JSON.parse(readFileSync(file, 'utf8'))
mkdirSync(dataDir, { recursive: true })
const lock = join(dataDir, '.lock')
await acquireLock(lock, { waitMs: 5_000, clock: realClock, describe: `stub ${nodeId}` })
if (config.exit !== undefined) {
  process.stderr.write(`kavka broker: ends for ${dirname(file).split('/').pop()}\n`)
  process.exit(Number(config.exit))
}
process.on('SIGTERM', () => process.exit(0))
setInterval(() => {}, 1_000)
