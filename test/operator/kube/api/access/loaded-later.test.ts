import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const api = join(import.meta.dirname, '../../../../../operator/kube/api')
const load = (code: string) => `
  import { registerHooks } from 'node:module'
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier.startsWith('@kubernetes/')) console.log(specifier)
      return next(specifier, context)
    },
  })
  await import('${api}/kube-api.ts')
  const { realClock: clock } = await import('${join(api, '../../../lib/clock.ts')}')
  const { inCluster } = await import('${api}/access/in-cluster.ts')
  const { fromKubeconfig } = await import('${api}/access/kubeconfig.ts')
  ${code}`

test.each([
  ['a pod never loads', 'await inCluster({ clock, env: {} })', ''],
  ['who reads a kubeconfig loads', 'await fromKubeconfig(clock)', '@kubernetes/client-node\n'],
])('%s client-node, which takes 85 MB', async (_, code, loaded) => {
  const asked = ['--input-type=module', '-e', load(code)]
  const env = { ...process.env, KUBECONFIG: join(import.meta.dirname, 'a-kubeconfig.yaml') }
  const { stdout } = await promisify(execFile)(process.execPath, asked, { env })
  expect(stdout).toBe(loaded)
})
