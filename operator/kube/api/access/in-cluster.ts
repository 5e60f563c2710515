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
 * kubelet replaces the token long before it ends.
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
  const headers = keptFresh(clock, tokenAgeMs, async () => {
    const token = await readFile(join(directory, 'token'), 'utf8')
    return { authorization: `Bearer ${token.trim()}` }
  })
  await headers()
  return {
    url: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    tls: { ca: await readFile(join(directory, 'ca.crt')) },
    headers,
  }
}

const tokenAgeMs = 60_000
