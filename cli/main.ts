import { enableCompileCache } from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

// What was compiled once is not compiled again, here and in the brokers that `kavka up` starts: that
// halves the time until one serves. In a place of the user's own, since it is code.
const cacheHome = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
process.env['NODE_COMPILE_CACHE'] ??= join(cacheHome, 'kavka', 'compiled')
enableCompileCache(process.env['NODE_COMPILE_CACHE'])
const { run } = await import('./run.ts')

// `kavka ... | head` closes the pipe early: nobody reads on, so there is nothing left to do.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})

// The code is set, not the process ended: what is still being written to a pipe gets there.
process.exitCode = await run(process.argv.slice(2), {
  print: (line) => process.stdout.write(`${line}\n`),
  complain: (line) => process.stderr.write(`${line}\n`),
})
