import { connect } from '../../../broker/net/connect.ts'
import { realClock } from '../../../lib/clock.ts'
import { freePort } from '../../broker/running-broker.ts'
import type { KubeApiServer, KubeObject } from '../../support/kube-api-server.ts'
import { OperatorProcess } from '../../support/operator-process.ts'
import { StandInNode } from '../../support/stand-in-node.ts'

type Condition = { readonly status: string; readonly reason: string; readonly message: string }

/** A namespace with an operator for it, and what stands in for its nodes. */
export class Stage {
  readonly kube: KubeApiServer
  readonly namespace: string
  readonly node: StandInNode
  readonly controllerPort: number
  readonly #started: OperatorProcess[] = []

  private constructor(kube: KubeApiServer, namespace: string, controllerPort: number) {
    this.kube = kube
    this.namespace = namespace
    this.controllerPort = controllerPort
    this.node = new StandInNode(kube, namespace)
  }

  static async open(kube: KubeApiServer, namespace: string): Promise<Stage> {
    const metadata = { name: namespace }
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata }
    await kube.request('POST', '/api/v1/namespaces', { body })
    return new Stage(kube, namespace, await freePort())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const operator of this.#started) await operator[Symbol.asyncDispose]()
    await this.node[Symbol.asyncDispose]()
  }

  /** @param ip For one that has an address of its own. */
  startOperator(ip?: string): OperatorProcess {
    const name = `operator-${this.#started.length + 1}`
    const { namespace } = this
    const started = new OperatorProcess(this.kube, {
      name,
      namespace,
      controllerPort: this.controllerPort,
      ip,
    })
    this.#started.push(started)
    return started
  }

  async apply(kind: 'KafkaCluster' | 'Topic', name: string, spec: object, more: object = {}) {
    const body = { apiVersion: 'kavka.dev/v1alpha1', kind, metadata: { name, ...more }, spec }
    const path = `${this.#path(kind, name)}?fieldManager=test&force=true&fieldValidation=Strict`
    const contentType = 'application/apply-patch+yaml'
    const answer = await this.kube.request('PATCH', path, { body, contentType })
    if (answer.status >= 300) throw new Error(String(answer.body['message']))
  }

  applyCluster(replicas: number, more: object = {}): Promise<void> {
    const storage = { type: 'Ephemeral' } // the stand-in makes no volumes
    return this.apply('KafkaCluster', 'demo', { brokers: { replicas, storage }, ...more })
  }

  applyTopic(name: string, spec: object = {}): Promise<void> {
    return this.apply('Topic', name, { clusterRef: { name: 'demo' }, ...spec })
  }

  delete(kind: 'KafkaCluster' | 'Topic', name: string): Promise<unknown> {
    return this.kube.request('DELETE', this.#path(kind, name))
  }

  /** @returns Undefined where it is not there. */
  async get(kind: 'KafkaCluster' | 'Topic', name: string): Promise<KubeObject | undefined> {
    const { status, body } = await this.kube.request('GET', this.#path(kind, name))
    return status === 404 ? undefined : body
  }

  async ready(kind: 'KafkaCluster' | 'Topic', name: string): Promise<Condition | undefined> {
    const status = (await this.get(kind, name))?.['status'] as
      | { conditions?: readonly Condition[] }
      | undefined
    return status?.conditions?.[0]
  }

  /** Names of topics, as a client of broker 0 sees them. */
  async topics(): Promise<string[]> {
    return this.ask(async (connection) => {
      const { topics } = await connection.request('Metadata', 12, { topics: null })
      return topics.flatMap(({ name }) => name ?? []).toSorted()
    })
  }

  createTopic(name: string): Promise<number> {
    return this.ask(async (connection) => {
      const topic = { name, numPartitions: 2, replicationFactor: 1, assignments: [], configs: [] }
      const request = { topics: [topic], timeoutMs: 5_000 }
      const { topics } = await connection.request('CreateTopics', 7, request)
      return topics[0]?.errorCode ?? -1
    })
  }

  async ask<T>(act: (connection: Awaited<ReturnType<typeof connect>>) => Promise<T>): Promise<T> {
    const port = this.node.clientPort('demo-broker-0') ?? 0
    const connection = await connect({ host: '127.0.0.1', port, clock: realClock })
    try {
      return await act(connection)
    } finally {
      connection.close()
    }
  }

  #path(kind: 'KafkaCluster' | 'Topic', name: string): string {
    const all = `/apis/kavka.dev/v1alpha1/namespaces/${this.namespace}/${kind.toLowerCase()}s`
    return `${all}/${name}`
  }
}
