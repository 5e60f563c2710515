import type {
  ClusterMetadataObjects,
  NewObject,
  PatchOperation,
} from '../../operator/controller/store/kubernetes/cluster-metadata-objects.ts'
import { outcomeOfCreate, outcomeOfPatch } from '../../operator/in-kubernetes/metadata-objects.ts'
import { type Answer, failed, succeeded } from '../../operator/kube/api/requests/answer.ts'
import { failureOf } from '../../operator/kube/api/requests/failure-of.ts'
import type { ApiAnswer, ClusterMetadataApi } from './cluster-metadata-api.ts'

export type CallType = 'get' | 'create' | 'patch' | 'list' | 'delete'
/** What lies between a client and the API: it runs the call or not, now or later, and may lose the answer. */
export type Wire = <T>(call: CallType, run: () => T) => Promise<T | 'lost'>

const unknown = { type: 'unknown', why: 'no answer' } as const

/** What a store asks of an API server, over a wire that may be bad. */
export class ClusterMetadataClient implements ClusterMetadataObjects {
  readonly api: ClusterMetadataApi
  readonly #wire: Wire
  #interruptions = 0
  #isCut = false

  constructor(api: ClusterMetadataApi, wire: Wire = (_, run) => Promise.resolve(run())) {
    this.api = api
    this.#wire = wire
  }

  get interruptions(): number {
    return this.#interruptions
  }

  /** Its connections were closed, which it notices when it needs one. */
  interrupted(): void {
    this.#isCut = true
  }

  async get(name: string) {
    const answer = await this.call('get', () => this.api.get(name))
    if (answer === 'lost') return unknown
    const { object } = answer
    if (object === undefined) return { type: 'missing' } as const
    return { type: 'found', object } as const
  }

  async create(object: NewObject) {
    return this.known(outcomeOfCreate, await this.call('create', () => this.api.create(object)))
  }

  async patch(name: string, operations: readonly PatchOperation[]) {
    const answer = await this.call('patch', () => this.api.patch(name, operations))
    return this.known(outcomeOfPatch, answer)
  }

  async list(label: { name: string; value: string }) {
    const objects = await this.call('list', () => this.api.list(label))
    return objects === 'lost' ? unknown : ({ type: 'listed', objects } as const)
  }

  async delete(name: string, uid: string | undefined): Promise<void> {
    await this.call('delete', () => this.api.delete(name, uid))
  }

  protected async call<T>(call: CallType, run: () => T): Promise<T | 'lost'> {
    const isSent = !this.#isCut || !this.isOverOpen(call)
    if (this.#isCut) this.#interruptions++
    this.#isCut = false
    const answer = isSent ? await this.#wire(call, run) : 'lost'
    if (answer === 'lost') this.#interruptions++
    return answer
  }

  /** Whether it is not to go over a connection that is made only now. */
  protected isOverOpen(call: CallType): boolean {
    return call === 'patch' || call === 'delete'
  }

  protected known<T>(outcomeOf: (answer: Answer<unknown>) => T, answer: ApiAnswer | 'lost') {
    if (answer === 'lost') return unknown
    const { code, status = {} } = answer
    if (code < 300) return outcomeOf(succeeded(undefined))
    const failure = failureOf(code, status)
    if (failure.type === 'unknown') this.#interruptions++
    return outcomeOf(failed(failure))
  }
}
