import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { figure, heading, timed } from './figures.ts'
import { apply, env, kubectl, until } from './kubectl.ts'

/** With nothing to do, the operator asks the API server for next to nothing: its audit log tells. */
export async function converged(): Promise<void> {
  heading('A cluster with 100 topics, and nothing to do')
  await timed('100 Topics applied, until all are Ready', async () => {
    await apply(...Array.from({ length: 100 }, (_, index) => topic(`idle-${index}`)))
    const ready = () =>
      kubectl('get', 'topics', '-o', `jsonpath={range .items[*]}${readiness}{end}`)
    await until('all are Ready', ready, (text) => !text.includes('False') && count(text) >= 100)
  })
  await sleep(10_000) // what was written has come back
  const before = requests().length
  await sleep(60_000)
  const during = requests().slice(before)
  const writes = during.filter(({ verb, what }) => isWrite(verb) && what !== 'leases')
  figure('requests of both operators in a minute', `${during.length} (goal: 40)`)
  figure('writes among them that are not of the Lease', `${writes.length}`)
  assert.deepEqual(writes, [])
  assert.ok(during.length <= 40, JSON.stringify(during))
}

const readiness = '{.status.conditions[?(@.type=="Ready")].status} '
const count = (text: string) => text.split('True').length - 1

function topic(name: string): string {
  const head = `apiVersion: kavka.dev/v1alpha1\nkind: Topic\nmetadata: {name: ${name}}`
  return `${head}\nspec: {clusterRef: {name: demo}, partitions: 3}`
}

type Request = { readonly verb: string; readonly what: string }

/** All that the operators have asked, as the API server of the lab notes it. */
function requests(): Request[] {
  const log = join(dirname(env['KUBECONFIG'] ?? ''), 'log/audit.log')
  return readFileSync(log, 'utf8')
    .split('\n')
    .flatMap((line) => {
      if (!line.includes('system:serviceaccount:kavka:')) return []
      const { verb, stage, objectRef } = JSON.parse(line) as AuditEvent
      // A watch has no end to be counted at.
      const isCounted =
        verb === 'watch' ? stage === 'ResponseStarted' : stage === 'ResponseComplete'
      return isCounted ? [{ verb, what: objectRef?.resource ?? '' }] : []
    })
}

type AuditEvent = {
  readonly verb: string
  readonly stage: string
  readonly objectRef?: { readonly resource?: string }
}

function isWrite(verb: string): boolean {
  return ['create', 'update', 'patch', 'delete'].includes(verb)
}
