import type { RequestOptions } from 'node:https'
import type { Clock } from '../../../../lib/clock.ts'
import type { ApiServer, TlsOptions } from './api-server.ts'
import { keptFresh } from './kept-fresh.ts'

/**
 * The API server of the current context, as kubectl finds it: `KUBECONFIG`, or `~/.kube/config`. It
 * loads client-node, which takes 85 MB, for its plugins that log people in.
 *
 * @throws {KubeconfigError} If none is given, or it is one that kavka cannot use.
 */
export async function fromKubeconfig(clock: Clock): Promise<ApiServer> {
  const { KubeConfig } = await import('@kubernetes/client-node')
  const config = new KubeConfig()
  const cluster = await wrapped(() => {
    config.loadFromDefault()
    return config.getCurrentCluster()
  })
  if (cluster === null) {
    throw new KubeconfigError('the kubeconfig has no current context (kubectl config use-context)')
  }
  if (cluster.proxyUrl !== undefined) {
    throw new KubeconfigError('the kubeconfig has a proxy-url, which kavka does not support')
  }
  const credentials = keptFresh(clock, longestAgeMs, () => {
    return wrapped(async () => {
      const options: RequestOptions = {}
      await config.applyToHTTPSOptions(options)
      return { tls: tlsOf(options), headers: headersOf(options) }
    })
  })
  await credentials()
  return { url: cluster.server.replace(/\/+$/, ''), credentials }
}

/** A kubeconfig that cannot be used, in words for its owner. */
export class KubeconfigError extends Error {
  override readonly name = 'KubeconfigError'
}

const longestAgeMs = 60_000

async function wrapped<T>(run: () => T | Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    const { message } = error as Error
    throw new KubeconfigError(`the kubeconfig cannot be used: ${message}`, { cause: error })
  }
}

function tlsOf({ ca, cert, key, servername, rejectUnauthorized }: RequestOptions): TlsOptions {
  const all = { ca, cert, key, servername, rejectUnauthorized }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}

function headersOf({ headers, auth }: RequestOptions): Record<string, string> {
  const basic = auth && `Basic ${Buffer.from(auth).toString('base64')}`
  return { ...(headers as Record<string, string>), ...(basic ? { authorization: basic } : {}) }
}
