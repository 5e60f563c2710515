import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { stringify } from 'yaml'
import { realClock } from '../../../../../lib/clock.ts'
import {
  fromKubeconfig,
  KubeconfigError,
} from '../../../../../operator/kube/api/access/kubeconfig.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'kavka-kubeconfig-'))
  vi.stubEnv('KUBECONFIG', join(directory, 'config'))
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(directory, { recursive: true })
})

test('a token and an authority are as the kubeconfig has them', async () => {
  const ca = Buffer.from('certificate').toString('base64')
  const cluster = { 'certificate-authority-data': ca, 'tls-server-name': 'kubernetes' }
  write(cluster, { token: 'secret' })
  const server = await fromKubeconfig(realClock)
  expect(server.url).toBe('https://10.0.0.1:6443')
  const { tls, headers } = await server.credentials()
  expect(tls).toMatchObject({ servername: 'kubernetes' })
  expect(tls.ca?.toString()).toBe('certificate')
  expect(headers).toEqual({ Authorization: 'Bearer secret' })
})

test('a certificate of the user is shown to the API server', async () => {
  const data = (text: string) => Buffer.from(text).toString('base64')
  write(
    { 'insecure-skip-tls-verify': true },
    { 'client-certificate-data': data('mine'), 'client-key-data': data('key') },
  )
  const server = await fromKubeconfig(realClock)
  const { tls } = await server.credentials()
  expect(tls).toMatchObject({ rejectUnauthorized: false })
  expect([tls.cert, tls.key].map(String)).toEqual(['mine', 'key'])
})

test('a plugin that logs in is asked', async () => {
  const said = {
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    status: { token: 'from a plugin' },
  }
  write(
    {},
    {
      exec: {
        apiVersion: 'client.authentication.k8s.io/v1',
        command: 'echo',
        args: [JSON.stringify(said)],
        interactiveMode: 'Never',
      },
    },
  )
  const server = await fromKubeconfig(realClock)
  const { headers } = await server.credentials()
  expect(headers).toEqual({ Authorization: 'Bearer from a plugin' })
})

test.each([
  ['a file that is not there', undefined, 'the kubeconfig cannot be used'],
  ['a file that is no YAML', '{', 'the kubeconfig cannot be used'],
  ['no current context', 'kind: Config\n', 'no current context'],
])('%s is refused in one line', async (_, content, message) => {
  if (content !== undefined) writeFileSync(join(directory, 'config'), content)
  const asked = fromKubeconfig(realClock)
  await expect(asked).rejects.toThrow(KubeconfigError)
  await expect(asked).rejects.toThrow(message)
})

test('a proxy is not supported, and that is said', async () => {
  write({ 'proxy-url': 'http://proxy' }, { token: 'secret' })
  await expect(fromKubeconfig(realClock)).rejects.toThrow('proxy-url')
})

function write(cluster: object, user: object): void {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server: 'https://10.0.0.1:6443/', ...cluster } }],
    users: [{ name: 'u', user }],
  }
  writeFileSync(join(directory, 'config'), stringify(config))
}
