import { once } from 'node:events'
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiServer } from '../../operator/kube/api/access/api-server.ts'

/** What happens to one request on its way. */
export type Fault =
  | 'none'
  /** It does not arrive, and nobody says so. */
  | 'drop'
  /** It does not arrive, and its connection is reset. */
  | 'reset'
  /** It arrives, and its answer is lost with the connection. */
  | 'lose-answer'
  /** It arrives twice; the second answer is told. */
  | 'duplicate'
  /** It arrives so much later. */
  | { readonly delayMs: number }
  /** The connection is reset after so much of the answer. */
  | { readonly cutAfterBytes: number }
  /** It does not arrive, and this is the answer. */
  | { readonly status: number; readonly retryAfterSeconds?: number }

export type Asked = { readonly method: string; readonly url: string }

/** Stands between a client and an API server, to whom it speaks as somebody that it knows. */
export class FaultProxy {
  /** May be changed at any time. */
  fault: (asked: Asked) => Fault = () => 'none'
  private readonly server = createServer((asked, answer) => void this.serve(asked, answer))
  private readonly target: ApiServer

  private constructor(target: ApiServer) {
    this.target = target
  }

  static async start(target: ApiServer): Promise<FaultProxy> {
    const proxy = new FaultProxy(target)
    await once(proxy.server.listen(0, '127.0.0.1'), 'listening')
    return proxy
  }

  /** The API server through this. */
  get access(): ApiServer {
    const { port } = this.server.address() as AddressInfo
    const credentials = { tls: {}, headers: {} }
    return { url: `http://127.0.0.1:${port}`, credentials: async () => credentials }
  }

  /** All connections, as when a machine on the way goes away. */
  resetAll(): void {
    this.server.closeAllConnections()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((resolve) => void this.server.close(resolve))
  }

  private async serve(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    answer.on('error', () => {})
    const { method = 'GET', url = '/' } = asked
    const fault = this.fault({ method, url })
    try {
      const body = await buffer(asked)
      if (fault === 'drop') return
      if (fault === 'reset') return void asked.socket.resetAndDestroy()
      if (typeof fault === 'object' && 'status' in fault) return refuse(answer, fault)
      if (typeof fault === 'object' && 'delayMs' in fault) await sleep(fault.delayMs)
      if (fault === 'duplicate') (await this.forward(asked, body)).resume()
      const upstream = await this.forward(asked, body)
      answer.on('close', () => upstream.destroy())
      if (fault === 'lose-answer') return void asked.socket.resetAndDestroy()
      answer.writeHead(upstream.statusCode ?? 500, upstream.headers)
      answer.flushHeaders()
      let left =
        typeof fault === 'object' && 'cutAfterBytes' in fault ? fault.cutAfterBytes : Infinity
      for await (const chunk of upstream as AsyncIterable<Buffer>) {
        answer.write(chunk.subarray(0, left))
        left -= chunk.length
        if (left <= 0) return void asked.socket.resetAndDestroy()
      }
      answer.end()
    } catch {
      // One of the two is gone: so is the other.
      asked.socket.destroy()
    }
  }

  private async forward({ method, url, headers }: IncomingMessage, body: Buffer) {
    const { target } = this
    const send = target.url.startsWith('https:') ? httpsRequest : httpRequest
    const { tls, headers: shown } = await target.credentials()
    const { host: _, 'content-length': __, ...others } = headers
    const sent = send(`${target.url}${url}`, {
      method,
      ...tls,
      headers: { ...others, ...shown, 'content-length': body.length },
    })
    sent.end(body)
    const [upstream] = (await once(sent, 'response')) as [IncomingMessage]
    upstream.on('error', () => {})
    return upstream
  }
}

function refuse(
  answer: ServerResponse,
  { status, retryAfterSeconds }: { status: number; retryAfterSeconds?: number },
): void {
  const header = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }
  const said = { kind: 'Status', status: 'Failure', code: status, message: `refused: ${status}` }
  answer.writeHead(status, { 'content-type': 'application/json', ...header })
  answer.end(JSON.stringify(said))
}
