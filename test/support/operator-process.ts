import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KubeApiServer } from './kube-api-server.ts'

/** `node operator/main.ts`, a replica of the operator as a pod of it would be, until it is disposed of. */
export class OperatorProcess {
  /** All that it printed. */
  said = ''
  readonly #folder = mkdtempSync(join(tmpdir(), 'kavka-operator-'))
  readonly #child: ChildProcess
  readonly #exited: Promise<unknown>

  /**
   * @param controllerPort That of all replicas: only the active one listens there.
   * @param ip Its own address, where brokers reach it over a `StandInService`.
   */
  constructor(
    { credentials }: KubeApiServer,
    {
      name,
      namespace,
      controllerPort,
      ip = '127.0.0.1',
    }: { name: string; namespace: string; controllerPort: number; ip?: string | undefined },
  ) {
    const kubeconfig = join(this.#folder, 'kubeconfig')
    writeFileSync(kubeconfig, kubeconfigOf(credentials), { mode: 0o600 })
    const main = join(import.meta.dirname, '../../operator/main.ts')
    this.#child = spawn(process.execPath, [main], {
      env: {
        ...process.env,
        KUBECONFIG: kubeconfig,
        POD_NAME: name,
        POD_IP: ip,
        POD_NAMESPACE: namespace,
        KAVKA_IMAGE: 'localhost/kavka:test',
        KAVKA_CONTROLLER_HOST: '127.0.0.1',
        KAVKA_CONTROLLER_PORT: `${controllerPort}`,
        KAVKA_LEASE: 'kavka-operator',
        KAVKA_WATCH_NAMESPACES: namespace,
        KAVKA_LISTEN_HOST: ip,
        KAVKA_METRICS_PORT: '0',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#exited = once(this.#child, 'exit')
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        this.said += chunk
      })
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exited
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

function kubeconfigOf({ url, token, caFile }: KubeApiServer['credentials']): string {
  const cluster = { server: url, 'certificate-authority': caFile, 'tls-server-name': 'kubernetes' }
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster }],
    users: [{ name: 'test', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  })
}
