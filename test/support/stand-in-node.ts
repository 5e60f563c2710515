import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import type { KubeApiServer, KubeObject } from './kube-api-server.ts'

type Template = {
  readonly metadata: { readonly labels: object; readonly annotations: object }
  readonly spec: { readonly volumes: readonly { name: string; configMap?: { name: string } }[] }
}
type StatefulSet = {
  readonly metadata: { readonly name: string }
  readonly spec: { readonly replicas: number; readonly template: Template }
}

/**
 * NOT a Kubernetes: it stands in for its StatefulSet controller and its kubelet, where there is only an
 * API server. For each broker that a StatefulSet of a namespace asks for it makes a Pod and runs the real
 * broker as a process of this machine, with a folder in place of a volume. `npm run e2e` has the real
 * ones.
 */
export class StandInNode {
  readonly #kube: KubeApiServer
  readonly #namespace: string
  readonly #folder = mkdtempSync(join(tmpdir(), 'kavka-node-'))
  /** By the name of the pod. */
  readonly #pods = new Map<string, Pod>()
  #isEnding = false
  readonly #running: Promise<void>

  constructor(kube: KubeApiServer, namespace: string) {
    this.#kube = kube
    this.#namespace = namespace
    this.#running = this.#run()
  }

  /** Where clients of a broker connect. */
  clientPort(pod: string): number | undefined {
    return this.#pods.get(pod)?.clientPort
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isEnding = true
    await this.#running
    await Promise.all(Array.from(this.#pods.values(), (pod) => pod.end()))
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #run(): Promise<void> {
    while (!this.#isEnding) {
      await this.#look().catch(() => {}) // the API server may be away, as it is for a real one
      await sleep(50)
    }
  }

  async #look(): Promise<void> {
    const there = new Set((await this.#list('/api/v1', 'pods')).map((pod) => nameOf(pod)))
    for (const [name, pod] of this.#pods) {
      if (there.has(name)) continue
      this.#pods.delete(name)
      await pod.end()
    }
    const sets = (await this.#list('/apis/apps/v1', 'statefulsets')) as unknown as StatefulSet[]
    for (const { metadata, spec } of sets) {
      for (let index = 0; index < spec.replicas; index++) {
        const name = `${metadata.name}-${index}`
        if (!this.#pods.has(name)) await this.#startPod(name, index, spec.template)
      }
    }
  }

  async #startPod(name: string, index: number, { metadata, spec }: Template): Promise<void> {
    const labels = { ...metadata.labels, 'apps.kubernetes.io/pod-index': `${index}` }
    const { annotations } = metadata
    await this.#ask('POST', '/api/v1', 'pods', '', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, labels, annotations },
      spec,
    })
    const options = spec.volumes.find((volume) => volume.name === 'options')?.configMap?.name ?? ''
    const configMap = await this.#ask('GET', '/api/v1', 'configmaps', options)
    const secretName = name.replace(/-broker-\d+$/, '-secret')
    const secret = await this.#ask('GET', '/api/v1', 'secrets', secretName)
    const folder = join(this.#folder, name)
    mkdirSync(folder, { recursive: true })
    const text = (secret['data'] as { secret: string }).secret
    writeFileSync(join(folder, 'secret'), Buffer.from(text, 'base64'))
    const own = JSON.parse((configMap['data'] as Record<string, string>)['options.json'] as string)
    const listener = { host: '127.0.0.1', port: 0, advertisedPort: 0 }
    const rewritten = {
      ...own,
      dataDir: join(folder, 'data'),
      secretFile: join(folder, 'secret'),
      listeners: { client: listener, internal: listener },
      metricsPort: 0,
    }
    writeFileSync(join(folder, 'options.json'), JSON.stringify(rewritten))
    const pod = new Pod(join(folder, 'options.json'), index)
    this.#pods.set(name, pod)
    void pod.serves.then(() => this.#setReady(name)).catch(() => {})
  }

  async #setReady(name: string): Promise<void> {
    const conditions = [{ type: 'Ready', status: 'True' }]
    const path = `/api/v1/namespaces/${this.#namespace}/pods/${name}/status`
    const body = { status: { phase: 'Running', conditions } }
    await this.#kube.request('PATCH', path, { body, contentType: 'application/merge-patch+json' })
  }

  async #list(root: string, plural: string): Promise<KubeObject[]> {
    const { items = [] } = await this.#ask('GET', root, plural, '')
    return items as KubeObject[]
  }

  async #ask(
    method: string,
    root: string,
    plural: string,
    name: string,
    body?: KubeObject,
  ): Promise<KubeObject> {
    const all = `${root}/namespaces/${this.#namespace}/${plural}`
    const path = name === '' ? all : `${all}/${name}`
    const answer = await this.#kube.request(method, path, body === undefined ? {} : { body })
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.body['message']}`)
    return answer.body
  }
}

class Pod {
  readonly serves: Promise<void>
  clientPort: number | undefined
  readonly #child: ChildProcess
  readonly #exited: Promise<unknown>

  constructor(optionsFile: string, nodeId: number) {
    const main = join(import.meta.dirname, '../../broker/main.ts')
    this.#child = spawn(process.execPath, [main, '--config', optionsFile], {
      env: { ...process.env, KAVKA_NODE_ID: `${nodeId}`, KAVKA_ADVERTISED_HOST: 'localhost' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#exited = once(this.#child, 'exit')
    const { promise, resolve } = Promise.withResolvers<void>()
    this.serves = promise
    createInterface(this.#child.stdout as NodeJS.ReadableStream).on('line', (line) => {
      const said = JSON.parse(line) as { message: string; client?: number }
      if (said.message === 'listens') this.clientPort = said.client
      if (said.message === 'serves') resolve()
    })
  }

  async end(): Promise<void> {
    this.#child.kill('SIGTERM')
    await this.#exited
  }
}

function nameOf(object: KubeObject): string {
  return (object['metadata'] as { name: string }).name
}
