import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

// A rule of the linter that matches nothing looks like a rule that nobody breaks. So each rule is
// shown a breach here: files are planted in a folder that has the names of this repository's
// folders and its configuration, and the linter must report exactly the rule beside each of them.

const root = join(import.meta.dirname, '../..')

const imports = 'eslint(no-restricted-imports)'
const globals = 'eslint(no-restricted-globals)'
const properties = 'eslint(no-restricted-properties)'
const protocol = 'unicorn(prefer-node-protocol)'
const cycle = 'import(no-cycle)'

type Planted = { path: string; source: string; rules: string[] }

const planted: Planted[] = [
  // node: modules only at the edges
  breach(
    'broker/log/node.ts',
    `import { readFileSync } from 'node:fs'\nreadFileSync('x')`,
    imports,
  ),
  breach('broker/log/sub.ts', `import { open } from 'node:fs/promises'\nopen('x')`, imports),
  breach('broker/log/dynamic.ts', `export const fs = await import('node:fs')`, imports),
  breach(
    'broker/log/type.ts',
    `import type { Stats } from 'node:fs'\nexport type S = Stats`,
    imports,
  ),
  breach('broker/log/re-export.ts', `export { readFileSync } from 'node:fs'`, imports),
  breach('broker/log/star.ts', `export * from 'node:fs/promises'`, imports),
  breach('broker/log/bare.ts', `import { open } from 'fs/promises'\nopen('x')`, protocol),
  breach('broker/log/require.ts', `export const load = require`, globals),
  breach(
    'broker/log/builtin.ts',
    `export const fs = process.getBuiltinModule('node:fs')`,
    properties,
  ),
  breach('broker/broker.ts', `export * from 'node:net'`, imports),
  breach('broker/io/files.ts', `export * from 'node:fs'`, imports),
  breach('operator/topic/node.ts', `export * from 'node:http'`, imports),
  allowed('broker/main.ts', `export * from 'node:net'`),
  allowed('broker/net/socket.ts', `import { createServer } from 'node:net'\ncreateServer()`),
  allowed('lib/real-files.ts', `export * from 'node:fs/promises'`),
  allowed('operator/main.ts', `export * from 'node:http'`),
  allowed('operator/kube/client.ts', `export * from 'node:https'`),
  allowed('cli/main.ts', `export * from 'node:fs'`),
  allowed('lib/compression.ts', `export * from 'node:zlib'`),
  allowed('scripts/generate.ts', `export * from 'node:fs'`),
  allowed('bench/main.ts', `export * from 'node:fs'`),
  allowed('test/broker/log.test.ts', `export * from 'node:fs'`),

  // Time and turns only in lib/clock.ts
  breach('broker/log/now.ts', `export const now = Date.now()`, globals),
  breach('broker/log/date.ts', `export const now = new Date()`, globals),
  breach('broker/log/performance.ts', `export const now = performance.now()`, globals),
  breach('broker/log/temporal.ts', `export const now = Temporal.Now.instant()`, globals),
  breach('broker/log/timer.ts', `setTimeout(() => {}, 1)`, globals),
  breach('broker/log/interval.ts', `setInterval(() => {}, 1)`, globals),
  breach('broker/log/immediate.ts', `setImmediate(() => {})`, globals),
  breach('broker/log/global-timer.ts', `globalThis.setTimeout(() => {}, 1)`, globals),
  breach('broker/log/global-date.ts', `export const now = globalThis.Date.now()`, globals),
  breach('broker/log/taken-apart.ts', `export const { Date: Time } = globalThis`, globals),
  breach('broker/log/old-global.ts', `global.setTimeout(() => {}, 1)`, globals),
  breach('broker/log/next-tick.ts', `process.nextTick(() => {})`, properties),
  breach('broker/log/hrtime.ts', `export const now = process.hrtime.bigint()`, properties),
  breach('broker/log/signal.ts', `export const soon = AbortSignal.timeout(10)`, properties),
  breach('broker/net/timers.ts', `export * from 'node:timers/promises'`, imports),
  breach('broker/net/perf.ts', `export * from 'node:perf_hooks'`, imports),
  breach('broker/net/date.ts', `export const now = Date.now()`, globals),
  breach('operator/topic/date.ts', `export const now = Date.now()`, globals),
  breach('operator/kube/timers.ts', `export * from 'node:timers'`, imports),
  breach('cli/date.ts', `export const now = Date.now()`, globals),
  breach('cli/timers.ts', `export * from 'node:timers'`, imports),
  breach('lib/date.ts', `export const now = Date.now()`, globals),
  breach('lib/tick.ts', `import { nextTick } from 'node:process'\nnextTick(() => {})`, imports),
  allowed(
    'lib/clock.ts',
    `export * from 'node:timers/promises'\nexport const now = () => Date.now()`,
  ),
  allowed('lib/event-loop.ts', `export * from 'node:perf_hooks'`),
  allowed('scripts/date.ts', `export const now = Date.now()`),
  allowed('bench/date.ts', `export const now = performance.now()`),
  allowed('test/broker/date.test.ts', `export const now = Date.now()`),

  // Chance only in lib/random.ts
  breach('broker/log/chance.ts', `export const chance = Math.random()`, properties),
  breach('broker/log/uuid.ts', `export const id = crypto.randomUUID()`, properties),
  breach('broker/log/values.ts', `crypto.getRandomValues(new Uint8Array(1))`, properties),
  breach('broker/net/uuid.ts', `import { randomUUID } from 'node:crypto'\nrandomUUID()`, imports),
  breach(
    'broker/net/bytes.ts',
    `import { randomBytes } from 'node:crypto'\nrandomBytes(1)`,
    imports,
  ),
  breach('lib/bytes.ts', `import crypto from 'node:crypto'\ncrypto.randomBytes(1)`, properties),
  allowed('broker/net/hash.ts', `import { createHash } from 'node:crypto'\ncreateHash('sha256')`),
  allowed(
    'lib/random.ts',
    `export { randomBytes } from 'node:crypto'\nexport const f = Math.random`,
  ),

  // What is decided is the same under every locale
  breach('broker/log/sort.ts', `['a'].sort((a, b) => a.localeCompare(b))`, properties),
  breach('broker/log/print.ts', `export const text = (1).toLocaleString()`, properties),
  breach('operator/topic/lower.ts', `export const text = 'A'.toLocaleLowerCase()`, properties),
  breach('operator/topic/intl.ts', `export const collator = new Intl.Collator()`, globals),

  // Who may import whom
  breach('operator/topic/log.ts', `export * from '../../broker/log/log.ts'`, imports),
  breach('operator/topic/broker.ts', `export * from '../../broker/broker.ts'`, imports),
  breach('operator/kube/log.ts', `export * from '../../broker/log/log.ts'`, imports),
  breach('operator/topic/cli.ts', `export * from '../../cli/main.ts'`, imports),
  breach('broker/log/operator.ts', `export * from '../../operator/topic/plan.ts'`, imports),
  breach('broker/net/operator.ts', `export type { A } from '../../operator/main.ts'`, imports),
  breach('broker/log/cli.ts', `export * from '../../cli/main.ts'`, imports),
  breach('lib/broker.ts', `export * from '../broker/protocol/errors.ts'`, imports),
  breach('lib/operator.ts', `export * from '../operator/topic/plan.ts'`, imports),
  breach('lib/cli.ts', `export * from '../cli/main.ts'`, imports),
  breach('broker/log/test.ts', `export * from '../../test/support/broker.ts'`, imports),
  breach('cli/script.ts', `export * from '../scripts/generate.ts'`, imports),
  allowed('operator/topic/errors.ts', `export * from '../../broker/protocol/errors.ts'`),
  allowed('operator/kube/image.ts', `export * from '../../broker/metadata/image.ts'`),
  allowed('operator/controller/listen.ts', `export * from '../../broker/net/listen.ts'`),
  allowed('operator/kube/listen.ts', `export * from '../../broker/net/listen.ts'`),
  allowed('operator/topic/lib.ts', `export * from '../../lib/clock.ts'`),
  allowed('broker/log/lib.ts', `export * from '../../lib/compression.ts'`),
  allowed('cli/both.ts', `export * from '../broker/main.ts'\nexport * from '../operator/main.ts'`),
  breach('broker/metadata/a.ts', `import { b } from './b.ts'\nexport const a = () => b`, cycle),
  breach('broker/metadata/b.ts', `import { a } from './a.ts'\nexport const b = () => a`, cycle),

  // Everywhere
  breach('test/any.ts', `export const a = (b: any) => b`, 'typescript(no-explicit-any)'),
  breach('test/equal.ts', `export const a = (b: number) => b == 1`, 'eslint(eqeqeq)'),
  breach('test/only.test.ts', onlyOneTest(), 'vitest(no-focused-tests)'),
]

const plantedWithTypes: Planted[] = [
  breach(
    'broker/floating.ts',
    `export const a = async () => 1\na()`,
    'typescript(no-floating-promises)',
  ),
  breach(
    'broker/misused.ts',
    `export const a = async () => true\nif (a()) throw new Error('always')`,
    'typescript(no-misused-promises)',
  ),
  breach(
    'broker/switch.ts',
    `export function a(b: 'c' | 'd'): void {\n  switch (b) {\n    case 'c':\n      break\n  }\n}`,
    'typescript(switch-exhaustiveness-check)',
  ),
]

test.each([
  { rules: 'without types', files: planted, typeAware: false },
  { rules: 'with types', files: plantedWithTypes, typeAware: true },
])('every planted breach is reported, and nothing else: rules $rules', ({ files, typeAware }) => {
  const reported = lint(files, typeAware)
  const expected = Object.fromEntries(files.map(({ path, rules }) => [path, rules]))

  expect(Object.keys(expected)).toHaveLength(files.length)
  expect(reported).toEqual(expected)
})

function breach(path: string, source: string, rule: string): Planted {
  return { path, source, rules: [rule] }
}

function allowed(path: string, source: string): Planted {
  return { path, source, rules: [] }
}

function onlyOneTest(): string {
  return `import { expect, test } from 'vitest'\ntest.only('one', () => expect(1).toBe(1))`
}

/** The rules that the linter reports for each file, in one run over all of them. */
function lint(files: readonly Planted[], typeAware: boolean): Record<string, string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'kavka-lint-'))
  try {
    for (const { path, source } of files) write(folder, path, `${source}\n`)
    const config = JSON.parse(readFileSync(join(root, '.oxlintrc.json'), 'utf8'))
    write(folder, '.oxlintrc.json', JSON.stringify({ ...config, options: { typeAware } }))
    write(folder, 'tsconfig.json', '{ "compilerOptions": { "strict": true, "types": [] } }')

    const oxlint = join(root, 'node_modules/oxlint/bin/oxlint')
    const { stdout, stderr } = spawnSync(process.execPath, [oxlint, '--format=json'], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, OXLINT_TSGOLINT_PATH: join(root, 'node_modules/.bin/tsgolint') },
    })
    expect(stderr).toBe('')

    const rules: Record<string, string[]> = {}
    for (const { path } of files) rules[path] = []
    for (const { filename, code } of JSON.parse(stdout).diagnostics) {
      ;(rules[filename.replaceAll('\\', '/')] ??= []).push(code)
    }
    return rules
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function write(folder: string, path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}
