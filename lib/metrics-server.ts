import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Registry } from 'prom-client'

/** What a process tells those who look after it. */
export type Vitals = {
  readonly registry: Registry
  /** Whether it can be used by those it is there for; a text says why not. */
  readonly isReady: () => true | string
}

export type MetricsServer = { readonly port: number; close(): Promise<void> }

/**
 * Serves `/metrics` in Prometheus' text format, `/healthz` (the process answers) and `/readyz` (it
 * can be used). Costs nothing while nobody asks.
 *
 * @param port 0 picks one that is free.
 * @throws With code EADDRINUSE, if another process has the port.
 */
export async function serveMetrics(
  { host, port }: { host: string; port: number },
  { registry, isReady }: Vitals,
): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    if (request.url === '/metrics') void sendMetrics(response, registry)
    else if (request.url === '/healthz') send(response, 200, 'ok')
    else if (request.url === '/readyz') {
      const ready = isReady()
      send(response, ready === true ? 200 : 503, ready === true ? 'ok' : ready)
    } else send(response, 404, 'not here: /metrics, /healthz and /readyz are')
  })
  server.listen(port, host)
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function sendMetrics(response: ServerResponse, registry: Registry): Promise<void> {
  try {
    send(response, 200, await registry.metrics(), registry.contentType)
  } catch (error) {
    send(response, 500, `metrics cannot be collected: ${String(error)}`)
  }
}

function send(response: ServerResponse, status: number, text: string, type = 'text/plain'): void {
  response.writeHead(status, { 'content-type': type }).end(`${text.trimEnd()}\n`)
}
