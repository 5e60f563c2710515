import { once } from 'node:events'
import type * as Http from 'node:http'
import type { AddressInfo } from 'node:net'
import { loadLater } from './load-later.ts'
import type { Metrics } from './metrics.ts'

/** An import would take all that it exports, with a WebSocket: 14 MB and 40 ms in Node 26. */
const { createServer } = loadLater<typeof Http>('node:http')()

/** What a process tells those who look after it. */
export type Vitals = {
  readonly metrics: Metrics
  /** Why it is not to be used by those it is there for, or undefined. */
  readonly notReady: () => string | undefined
}

export type MetricsServer = { readonly port: number; close(): void }

/**
 * Serves `/metrics` in Prometheus' text format, `/healthz` (the process answers) and `/readyz` (it
 * can be used). It has no timer and does nothing while nobody asks.
 *
 * @param port 0 picks one that is free.
 * @throws With Node's code, EADDRINUSE for example.
 */
export async function serveMetrics(
  { host, port }: { host: string; port: number },
  { metrics, notReady }: Vitals,
): Promise<MetricsServer> {
  const server = createServer({ connectionsCheckingInterval: never }, (request, response) => {
    const path = request.url?.split('?', 1)[0]
    if (request.method !== 'GET' && request.method !== 'HEAD') send(response, 405, 'only GET')
    else if (path === '/metrics') void sendMetrics(response, metrics)
    else if (path === '/healthz') send(response, 200, 'ok')
    else if (path === '/readyz') {
      const why = notReady()
      send(response, why === undefined ? 200 : 503, why ?? 'ok')
    } else send(response, 404, 'not here: /metrics, /healthz and /readyz are')
  })
  server.maxConnections = 32
  server.timeout = silentMs // in place of the check that was turned off above
  server.listen(port, host)
  await once(server, 'listening')
  server.on('error', () => {}) // one connection that could not be taken
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** The longest timer that Node has: 24 days. */
const never = 2 ** 31 - 1
const silentMs = 10_000

async function sendMetrics(response: Http.ServerResponse, metrics: Metrics): Promise<void> {
  try {
    send(response, 200, await metrics.text(), metrics.contentType)
  } catch (error) {
    send(response, 500, `metrics cannot be collected: ${String(error)}`)
  }
}

function send(
  response: Http.ServerResponse,
  status: number,
  text: string,
  type = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, { 'content-type': type }).end(`${text.trimEnd()}\n`)
}
