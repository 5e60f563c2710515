import { readdirSync, readFileSync } from 'node:fs'
import { kubectl, until } from './kubectl.ts'

export type Operator = { readonly identity: string; readonly pod: string; readonly node: string }

/** The one that holds the Lease. */
export async function activeOperator(): Promise<Operator> {
  const identity = await until('an operator is active', holder, (text) => text !== '')
  const pod = identity.split('_')[0] ?? ''
  const node = await kubectl('-n', 'kavka', 'get', 'pod', pod, '-o', 'jsonpath={.spec.nodeName}')
  return { identity, pod, node }
}

function holder(): Promise<string> {
  return kubectl(
    '-n',
    'kavka',
    'get',
    'lease',
    'kavka-operator',
    '-o',
    'jsonpath={.spec.holderIdentity}',
  )
}

/** Waits until both replicas run. */
export async function operatorsReady(): Promise<void> {
  await until('two operators run', readyReplicas, (count) => count === '2', { withinMs: 400_000 })
}

function readyReplicas(): Promise<string> {
  const at = 'jsonpath={.status.readyReplicas}'
  return kubectl('-n', 'kavka', 'get', 'deployment', 'kavka-operator', '-o', at)
}

/**
 * The process of a pod on this machine: containers of the lab are processes here.
 *
 * @param program What it runs, such as `operator/main.js`.
 */
export function processOf(pod: string, program: string): number {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const environment = read(`/proc/${name}/environ`).split('\0')
    const command = read(`/proc/${name}/cmdline`)
    if (environment.includes(`POD_NAME=${pod}`) && command.includes(program)) {
      return Number(name)
    }
  }
  throw new Error(`no process of pod ${pod} is here`)
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // it ended meanwhile
  }
}
