import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ApiServer } from '../../../../../operator/kube/api/access/api-server.ts'
import { inCluster } from '../../../../../operator/kube/api/access/in-cluster.ts'
import { ManualClock } from '../../../../support/manual-clock.ts'

const env = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' }

test('outside of a cluster there is none', async () => {
  expect(await inCluster({ clock: new ManualClock(), env: {} })).toBeUndefined()
})

test('a pod finds its API server; its token and authority are read again every minute', async () => {
  using mounted = serviceAccount()
  const clock = new ManualClock()
  const { directory } = mounted
  const server = await inCluster({ clock, env, directory })
  expect(server?.url).toBe('https://10.0.0.1:443')
  expect(await shown(server)).toEqual({ authorization: 'Bearer first', ca: 'certificate' })

  mounted.write('token', 'second\n')
  mounted.write('ca.crt', 'another')
  await clock.advance(59_000)
  expect(await shown(server)).toEqual({ authorization: 'Bearer first', ca: 'certificate' })
  await clock.advance(1_000)
  expect(await shown(server)).toEqual({ authorization: 'Bearer second', ca: 'another' })
})

test('a token that cannot be read just now leaves the one before', async () => {
  using mounted = serviceAccount()
  const clock = new ManualClock()
  const server = await inCluster({ clock, env, directory: mounted.directory })
  rmSync(join(mounted.directory, 'token'))
  await clock.advance(60_000)
  expect(await shown(server)).toMatchObject({ authorization: 'Bearer first' })
  mounted.write('token', 'second')
  expect(await shown(server)).toMatchObject({ authorization: 'Bearer second' })
})

test('an address of IPv6 stands in brackets', async () => {
  using mounted = serviceAccount()
  const ipv6 = { ...env, KUBERNETES_SERVICE_HOST: 'fd00::1' }
  const { directory } = mounted
  const server = await inCluster({ clock: new ManualClock(), env: ipv6, directory })
  expect(server?.url).toBe('https://[fd00::1]:443')
})

test('a pod without a token cannot ask', async () => {
  const directory = join(tmpdir(), 'kavka-not-there')
  const asked = inCluster({ clock: new ManualClock(), env, directory })
  await expect(asked).rejects.toMatchObject({ code: 'ENOENT' })
})

async function shown(server: ApiServer | undefined) {
  const credentials = await server?.credentials()
  return { ...credentials?.headers, ca: credentials?.tls.ca?.toString() }
}

function serviceAccount() {
  const directory = mkdtempSync(join(tmpdir(), 'kavka-account-'))
  const write = (name: string, content: string) => writeFileSync(join(directory, name), content)
  write('token', 'first\n')
  write('ca.crt', 'certificate')
  const dispose = () => rmSync(directory, { recursive: true })
  return { directory, write, [Symbol.dispose]: dispose }
}
