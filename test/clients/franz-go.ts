import { execFile, execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { whatToDo } from './tools.ts'

const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
const module = join(import.meta.dirname, 'go')

/** Why franz-go's suite cannot be run on this machine, or undefined. */
export function whyNoFranzGo(): string | undefined {
  const version = ask('-m', '-f', '{{.Version}}', 'github.com/twmb/franz-go')
  const isBuilt =
    version !== undefined && [false, true].every((own) => existsSync(suite(version, own)))
  return isBuilt ? undefined : whatToDo('franz-go')
}

export type Outcome = {
  readonly passed: readonly string[]
  /** Their names, or all that it printed where it broke off. */
  readonly failed: readonly string[]
}

export type Suite = {
  /** How many go through each of its pipelines. */
  readonly records: number
  /** Go's patterns of names. */
  readonly tests: string
  readonly skipped: string
  /** Of its topics. */
  readonly replicas?: number
  /** Members of groups, and who produces for them, wait for brokers that are not there for a moment. */
  readonly isPatient?: boolean
}

/** Runs franz-go's own suite. */
export async function franzGoSuite(
  bootstrapServers: string,
  { records, tests, skipped, replicas = 1, isPatient = false }: Suite,
): Promise<Outcome> {
  const version = ask('-m', '-f', '{{.Version}}', 'github.com/twmb/franz-go') ?? ''
  const cwd = ask('-f', '{{.Dir}}', 'github.com/twmb/franz-go/pkg/kgo') ?? ''
  const env = {
    ...process.env,
    KGO_SEEDS: bootstrapServers,
    KGO_TEST_RF: `${replicas}`,
    KGO_TEST_RECORDS: `${records}`,
    ...(isPatient ? { KGO_TEST_CHAOS: '1' } : {}),
  }
  const args = ['-test.v', '-test.run', tests, '-test.skip', skipped, '-test.timeout', '170s']
  const options = { cwd, env, maxBuffer: 2 ** 28 }
  const running = promisify(execFile)(suite(version, isPatient), args, options)
  const { stdout, code }: Ended = await running.then(
    ({ stdout }) => ({ stdout, code: 0 }),
    (error: Ended) => error,
  )
  const named = (outcome: string) => {
    const lines = stdout.matchAll(new RegExp(`^ *--- ${outcome}: (\\S+)`, 'gm'))
    return Array.from(lines, ([, name = '']) => name)
  }
  const failed = named('FAIL')
  return { passed: named('PASS'), failed: code === 0 || failed.length > 0 ? failed : [stdout] }
}

type Ended = { readonly stdout: string; readonly code: number }

function suite(version: string, isPatient: boolean): string {
  return join(cache, `kavka/franz-go-${version}`, isPatient ? 'kgo-patient.test' : 'kgo.test')
}

function ask(...args: string[]): string | undefined {
  try {
    return execFileSync('go', ['list', ...args], { cwd: module, stdio: 'pipe' })
      .toString()
      .trim()
  } catch {
    return undefined // there is no Go, or the modules are not here
  }
}
