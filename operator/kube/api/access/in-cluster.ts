import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../../../lib/clock.ts'
import type { ApiServer } from './api-server.ts'
import { keptFresh } from './kept-fresh.ts'

export type PodOptions = {
  readonly clock: Clock
  readonly env: Readonly<Record<string, string | undefined>>
  /** Where Kubernetes puts what a service account needs. */
  readonly directory?: string
}

/**
 * The API server of the cluster that this process is a pod of, or undefined outside of one. The
 * kubelet replaces the token long before it ends, and the authority when the cluster gets a new one.
 *
 * @throws With Node's code, ENOENT for example where a pod is given no token.
 */
export async function inCluster({
  clock,
  env,
  directory = '/var/run/secrets/kubernetes.io/serviceaccount',
}: PodOptions): Promise<ApiServer | undefined> {
  const [host, port] = [env['KUBERNETES_SERVICE_HOST'], env['KUBERNETES_SERVICE_PORT']]
  if (host === undefined || port === undefined) return undefined
  const credentials = keptFresh(clock, longestAgeMs, async () => {
    const token = await readFile(join(directory, 'token'), 'utf8')
    const ca = await readFile(join(directory, 'ca.crt'))
    return { tls: { ca }, headers: { authorization: `Bearer ${token.trim()}` } }
  })
  await credentials()
  return {
    url: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    credentials,
  }
}

const longestAgeMs = 60_000
