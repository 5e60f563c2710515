import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { Agent, request } from 'node:https'
import { createServer } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { invariant } from '../../lib/invariant.ts'
import type { ApiServer } from '../../operator/kube/api/access/api-server.ts'

/** An object as an API server has it. */
export type KubeObject = { readonly [name: string]: unknown }

export type KubeAnswer = { readonly status: number; readonly body: KubeObject }

export type KubeRequest = {
  /** JSON is made of an object; a text goes as it is. */
  readonly body?: KubeObject | readonly unknown[] | string
  readonly contentType?: string
  readonly accept?: string
  /** Who asks, if not an administrator: a service account as `namespace:name`. */
  readonly as?: string
}

/** Where etcd, kube-apiserver and perhaps helm are: as other projects' tests are told, or as install.sh builds them. */
export const assets =
  process.env['KUBEBUILDER_ASSETS'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'kavka/kube')

/** Why nothing that needs an API server can be tried, or undefined. */
export function whyNoKube(): string | undefined {
  const missing = ['etcd', 'kube-apiserver'].find((name) => !existsSync(join(assets, name)))
  if (missing === undefined) return undefined
  return `no API server: run test/kube/install.sh, or set KUBEBUILDER_ASSETS to where ${missing} is`
}

/** etcd and a Kubernetes API server over it, and nothing else, until it is disposed of. */
export class KubeApiServer {
  private readonly folder = mkdtempSync(join(tmpdir(), 'kavka-kube-'))
  private readonly token = randomUUID()
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 4 })
  private readonly started: ChildProcess[] = []
  private port = 0
  private ca: Buffer | undefined

  private constructor() {}

  static async start(): Promise<KubeApiServer> {
    const why = whyNoKube()
    if (why !== undefined) throw new Error(why)
    const server = new KubeApiServer()
    try {
      await server.startBoth()
    } catch (error) {
      await server[Symbol.asyncDispose]()
      throw error
    }
    return server
  }

  /** For a client of its own, as an administrator. */
  get access(): ApiServer {
    invariant(this.ca !== undefined, 'it is ready')
    const tls = { ca: this.ca, servername: 'kubernetes' }
    const headers = { authorization: `Bearer ${this.token}` }
    return { url: `https://127.0.0.1:${this.port}`, credentials: async () => ({ tls, headers }) }
  }

  /** @param path Such as `/apis/kavka.dev/v1alpha1/namespaces/default/topics`. */
  async request(method: string, path: string, options: KubeRequest = {}): Promise<KubeAnswer> {
    const { body, contentType = 'application/json', accept = 'application/json', as } = options
    const user = as === undefined ? {} : { 'impersonate-user': `system:serviceaccount:${as}` }
    const asked = request({
      method,
      host: '127.0.0.1',
      port: this.port,
      path,
      agent: this.agent,
      ca: this.ca,
      servername: 'kubernetes',
      headers: {
        accept,
        authorization: `Bearer ${this.token}`,
        'content-type': contentType,
        ...user,
      },
    })
    asked.end(typeof body === 'object' ? JSON.stringify(body) : body)
    const [answer] = await once(asked, 'response')
    const said = await text(answer)
    // Problems of health are told as text.
    const isJson = answer.headers['content-type']?.startsWith('application/json')
    return { status: answer.statusCode, body: isJson ? JSON.parse(said) : { message: said } }
  }

  /** For other programs that are to be administrators of it. */
  get credentials(): { readonly url: string; readonly token: string; readonly caFile: string } {
    const caFile = join(this.folder, 'certificates/apiserver.crt')
    return { url: `https://127.0.0.1:${this.port}`, token: this.token, caFile }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.agent.destroy()
    for (const each of this.started.toReversed()) {
      if (each.exitCode !== null || each.signalCode !== null) continue
      const gone = once(each, 'exit')
      each.kill('SIGKILL')
      await gone
    }
    rmSync(this.folder, { recursive: true, force: true })
  }

  private async startBoth(): Promise<void> {
    const [etcdPort, peerPort, port] = await freePorts(3)
    this.port = port as number
    const etcd = `http://127.0.0.1:${etcdPort}`
    const peer = `http://127.0.0.1:${peerPort}`
    this.run('etcd', [
      `--data-dir=${join(this.folder, 'etcd')}`,
      `--listen-client-urls=${etcd}`,
      `--advertise-client-urls=${etcd}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
      '--unsafe-no-fsync', // it goes with the test
    ])
    const certificates = join(this.folder, 'certificates')
    const key = this.file('service-account.key', serviceAccountKey())
    this.run('kube-apiserver', [
      `--etcd-servers=${etcd}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${port}`,
      `--cert-dir=${certificates}`,
      `--token-auth-file=${this.file('tokens', `${this.token},admin,admin,system:masters\n`)}`,
      '--authorization-mode=RBAC',
      '--service-cluster-ip-range=10.0.0.0/24',
      '--service-account-issuer=https://localhost',
      `--service-account-key-file=${key}`,
      `--service-account-signing-key-file=${key}`,
      '--disable-admission-plugins=ServiceAccount', // nobody makes the accounts
      '--endpoint-reconciler-type=none',
    ])
    await this.ready(join(certificates, 'apiserver.crt'))
  }

  private async ready(certificate: string): Promise<void> {
    const endMs = performance.now() + 60_000
    let why: unknown
    while (performance.now() < endMs) {
      await sleep(100)
      if (this.started.some(({ exitCode }) => exitCode !== null)) break
      if (!existsSync(certificate)) continue
      this.ca = readFileSync(certificate)
      try {
        const { status, body } = await this.request('GET', '/readyz')
        if (status === 200) return
        why = body['message']
      } catch (error) {
        why = error
      }
    }
    const log = readFileSync(join(this.folder, 'kube-apiserver.log'), 'utf8')
    throw new Error(`the API server did not start:\n${log.slice(-4_000)}`, { cause: why })
  }

  private run(name: string, args: readonly string[]): void {
    const log = openSync(join(this.folder, `${name}.log`), 'w')
    this.started.push(spawn(join(assets, name), args, { stdio: ['ignore', log, log] }))
    closeSync(log)
  }

  private file(name: string, content: string): string {
    const path = join(this.folder, name)
    writeFileSync(path, content, { mode: 0o600 })
    return path
  }
}

function serviceAccountKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return privateKey.export({ type: 'pkcs1', format: 'pem' })
}

/** Ports that are free just now, all different. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}
