import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { FakeKubeApi } from '../../../../support/fake-kube-api.ts'

const program = join(import.meta.dirname, 'candidate-program.ts')
const path = '/apis/coordination.k8s.io/v1/namespaces/kavka/leases/operator'

test('a holder that hangs is followed, and when it goes on it never takes itself for the holder', {
  timeout: 60_000,
}, async () => {
  await using fake = await FakeKubeApi.start()
  await using first = replica(fake, 'first')
  expect(await first.line()).toBe('is holder')
  await using second = replica(fake, 'second')

  first.kill('SIGSTOP')
  expect(await second.line()).toBe('is holder')
  first.kill('SIGCONT')
  const said: string[] = []
  while (!said.includes('is standby')) said.push(await first.line())

  // It waits for its turn from then on.
  second.kill('SIGTERM')
  expect(await second.line()).toBe('is standby')
  while (said.at(-1) !== 'is holder') said.push(await first.line())
  expect(said.filter((line) => line.startsWith('wakes'))).toHaveLength(1)
  expect(said.filter((line) => line.includes('holder'))).toEqual(['is holder'])
  expect(fake.get(path)?.['spec']).toMatchObject({ holderIdentity: 'first', leaseTransitions: 2 })
})

function replica(fake: FakeKubeApi, identity: string) {
  const child = spawn(process.execPath, [program, fake.access.url, identity], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  return {
    async line(): Promise<string> {
      const { value, done } = await lines.next()
      if (done === true) throw new Error(`${identity} ended`)
      return value
    },
    kill: (signal: NodeJS.Signals) => void child.kill(signal),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await exited
    },
  }
}
