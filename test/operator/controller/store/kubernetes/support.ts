import { type MetadataPosition, positionOf } from '../../../../../broker/metadata/position.ts'
import { type MetadataRecord, metadataRecord } from '../../../../../broker/metadata/records.ts'
import { realRandom } from '../../../../../lib/random.ts'
import { newUuid } from '../../../../../operator/controller/new-uuid.ts'
import { KubernetesStore } from '../../../../../operator/controller/store/kubernetes/kubernetes-store.ts'
import { ClusterMetadataApi } from '../../../../support/cluster-metadata-api.ts'
import {
  type CallType,
  ClusterMetadataClient,
  type Wire,
} from '../../../../support/cluster-metadata-client.ts'
import { ManualClock } from '../../../../support/manual-clock.ts'

export const owner = {
  apiVersion: 'kavka.dev/v1alpha1',
  kind: 'KafkaCluster',
  name: 'demo',
  uid: 'uid-demo',
}

/** What becomes of one call. */
export type Fate =
  | 'answer-lost'
  | 'request-lost'
  /** Its answer is lost, and it is carried out at the end of all: see `arrive`. */
  | 'late'
  /** It is not carried out, and this is the answer. */
  | { readonly code: number; readonly message: string }
  /** This happens, and then the call. */
  | (() => unknown)

export const tooLarge: Fate = { code: 413, message: 'request entity too large' }

/** A store on an API server in memory, with a way there that does what it is told. */
export class Bench {
  readonly api: ClusterMetadataApi
  readonly clock = new ManualClock()
  readonly client: ClusterMetadataClient
  readonly store: KubernetesStore
  /** Of all calls that reached the API server. */
  readonly calls: CallType[] = []
  /** Why it was not known what became of a write, each time that changed. */
  readonly undecided: (string | undefined)[] = []
  /** What becomes of the next calls of a type. */
  readonly fates = new Map<CallType, Fate[]>()
  readonly #late: (() => unknown)[] = []

  constructor({
    api = new ClusterMetadataApi(),
    clusterId = 'kafka-of-tests',
    isKnown = false,
    Client = ClusterMetadataClient,
  }: {
    api?: ClusterMetadataApi
    clusterId?: string
    isKnown?: boolean
    Client?: typeof ClusterMetadataClient
  } = {}) {
    this.api = api
    const wire: Wire = async <T>(call: CallType, run: () => T) => {
      const fate = this.fates.get(call)?.shift()
      if (typeof fate === 'function') await fate()
      if (typeof fate === 'object') return { code: fate.code, status: fate } as T
      if (fate === 'late') this.#late.push(run)
      if (fate === 'late' || fate === 'request-lost') return 'lost'
      this.calls.push(call)
      const answer = run()
      return fate === 'answer-lost' ? 'lost' : answer
    }
    this.client = new Client(api, wire)
    this.store = new KubernetesStore({
      objects: this.client,
      clock: this.clock,
      random: realRandom,
      owner,
      clusterId,
      isKnown,
      onUndecided: (why) => this.undecided.push(why),
    })
  }

  /** Takes the log over. */
  async takeOver(): Promise<MetadataPosition> {
    const { state } = await this.store.open()
    const epoch = state.image.controller.epoch + 1
    const fields = { epoch, incarnationId: newUuid(realRandom), startOffset: state.offset }
    return this.append(positionOf(state), metadataRecord('ControllerEpochRecord', fields))
  }

  async append(
    position: MetadataPosition,
    ...records: readonly MetadataRecord[]
  ): Promise<MetadataPosition> {
    const outcome = await this.store.append(position, records)
    if (outcome.type === 'superseded') throw new Error('superseded')
    return outcome.position
  }

  /** What is late. */
  arrive(): void {
    for (const run of this.#late) run()
  }

  /** Lets time pass until it has settled. */
  async settled<T>(promise: Promise<T>): Promise<T> {
    const settled = { isYet: false }
    promise.then(
      () => {
        settled.isYet = true
      },
      () => {
        settled.isYet = true
      },
    )
    for (let turn = 0; turn < 1_000 && !settled.isYet; turn++) await this.clock.advance(100)
    return promise
  }
}

/** Of about so many bytes. */
export function setting(topic: string, bytes = 10): MetadataRecord {
  return metadataRecord('ConfigRecord', {
    resourceType: 2,
    resourceName: topic,
    name: 'retention.ms',
    value: '1'.repeat(bytes),
  })
}
