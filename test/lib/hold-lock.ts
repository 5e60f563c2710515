/** Takes a lock, starts a process that sleeps, says its pid, and waits to be killed. */
import { spawn } from 'node:child_process'
import { realClock } from '../../lib/clock.ts'
import { acquireLock } from '../../lib/kernel-lock.ts'

const [path = ''] = process.argv.slice(2)
await acquireLock(path, { waitMs: 0, clock: realClock, describe: 'a process of a test' })
const child = spawn('sleep', ['60'], { stdio: 'ignore', detached: true })
console.log(child.pid)
