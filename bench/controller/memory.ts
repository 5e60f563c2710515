import { execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { nodeSettings } from '../../broker/node-settings.ts'

/** In bytes, after a collection: see `process.memoryUsage`. Buffers are part of `external`. */
type Told = {
  readonly what: string
  readonly rss: number
  readonly heapUsed: number
  readonly external: number
  readonly arrayBuffers: number
}

/** What a controller of 120,000 partitions takes of memory, in a process of its own. */
export async function benchControllerMemory(): Promise<void> {
  const root = join(import.meta.dirname, '../..')
  mkdirSync(join(root, 'dist'), { recursive: true })
  const folder = mkdtempSync(join(root, 'dist/bench-'))
  try {
    // As a package has it: what strips types at the start would count as its memory.
    const config = {
      extends: join(root, 'tsconfig.json'),
      compilerOptions: { noEmit: false, noCheck: true, outDir: folder, rootDir: root },
      files: [join(import.meta.dirname, 'memory-contender.ts')],
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
    const tsc = join(root, 'node_modules/.bin/tsc')
    execFileSync(tsc, ['-p', folder], { cwd: root, stdio: 'inherit' })
    const script = join(folder, 'bench/controller/memory-contender.js')
    console.log('as Node starts, in MB')
    await live(script, [], {})
    console.log('\nas brokers are started, in MB')
    await live(script, nodeSettings.flags, nodeSettings.env)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function live(
  script: string,
  flags: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const child = fork(script, {
    execArgv: ['--expose-gc', ...flags],
    env: { ...process.env, ...env },
  })
  let empty: number | undefined
  console.log(line('', ['heap', 'external', 'buffers', 'RSS', 'more']))
  child.on('message', (message) => {
    const { what, heapUsed, external, arrayBuffers, rss } = message as Told
    empty ??= rss
    const bytes = [heapUsed, external, arrayBuffers, rss, rss - empty]
    console.log(
      line(
        what,
        bytes.map((count) => (count / 2 ** 20).toFixed(1)),
      ),
    )
  })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error('the controller has failed, see above')
}

function line(what: string, columns: readonly string[]): string {
  return `${what.padEnd(64)} ${columns.map((column) => column.padStart(8)).join(' ')}`
}
