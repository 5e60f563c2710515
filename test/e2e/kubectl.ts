import { execFile, execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')
const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'kavka')

/** With what the lab has built on the path, and the cluster of the lab where no other is named. */
export const env: NodeJS.ProcessEnv = {
  ...process.env,
  KUBECONFIG: process.env['KUBECONFIG'] ?? join(cache, 'lab/admin.kubeconfig'),
  PATH: [join(cache, 'kube'), process.env['PATH']].join(delimiter),
}

/** Whether the cluster is the lab on this machine, of which nodes can be turned off. */
export const isLab = env['KUBECONFIG'] === join(cache, 'lab/admin.kubeconfig')

/** Why there is no cluster to try it on, or undefined. */
export function whyNoCluster(): string | undefined {
  if (!existsSync(env['KUBECONFIG'] ?? '')) {
    return 'there is no cluster: npm run lab -- up 3, or KUBECONFIG of another one'
  }
  try {
    execFileSync('kubectl', ['get', '--raw', '/readyz'], { env, stdio: 'pipe' })
    return undefined
  } catch (error) {
    return `the cluster does not answer: ${(error as Error).message}`
  }
}

/** @returns What it printed. @throws With what it printed on stderr. */
export async function tool(
  command: string,
  args: readonly string[],
  input?: string,
): Promise<string> {
  const running = run(command, args, { env, cwd: root, maxBuffer: 2 ** 28 })
  running.child.stdin?.end(input)
  return (await running).stdout
}

export function kubectl(...args: string[]): Promise<string> {
  return tool('kubectl', args)
}

export async function apply(...manifests: string[]): Promise<void> {
  await tool('kubectl', ['apply', '-f', '-'], manifests.join('\n---\n'))
}

/** @param path Such as `kafkacluster/demo`. @param at A JSONPath such as `{.status}`. */
export async function field(path: string, at: string): Promise<string> {
  return kubectl('get', path, '-o', `jsonpath=${at}`)
}

/** Waits until it holds, looking again and again. @throws After a while, with what it is. */
export async function until<T>(
  what: string,
  look: () => Promise<T>,
  holds: (value: T) => boolean,
  { withinMs = 60_000, everyMs = 100 } = {},
): Promise<T> {
  const endMs = performance.now() + withinMs
  for (;;) {
    const value = await look()
    if (holds(value)) return value
    if (performance.now() > endMs) {
      throw new Error(`not within ${withinMs / 1_000} s: ${what}; it is ${JSON.stringify(value)}`)
    }
    await sleep(everyMs)
  }
}

/** The lab's own commands. */
export function lab(...args: string[]): Promise<string> {
  return tool(join(root, 'test/lab/lab.sh'), args)
}

export { root }
