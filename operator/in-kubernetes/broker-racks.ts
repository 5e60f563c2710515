import type { ObservedPod } from '../kafka-cluster/observed-pod.ts'
import { valueUnless } from '../kube/api/requests/answer.ts'
import type { KubeClient } from '../kube/api/requests/kube-client.ts'
import { kindNamed } from './kinds.ts'

/**
 * In which rack brokers stand: as a label of their pods says (Kubernetes copies those of zone and region
 * onto them, from 1.35 on), or of the nodes that these are on.
 */
export class BrokerRacks {
  readonly #client: KubeClient
  readonly #unknown: (pod: ObservedPod, why: string) => void
  #topologyKey: string | undefined
  /** By uid of the pod. */
  #racks = new Map<string, string | null>()
  #byBroker = new Map<number, string | null>()

  /** @param unknown Told once of each pod of which it cannot be known: its broker stands in no rack. */
  constructor(client: KubeClient, unknown: (pod: ObservedPod, why: string) => void) {
    this.#client = client
    this.#unknown = unknown
  }

  /**
   * Looks where pods are that are new.
   *
   * @param topologyKey Which label says it; undefined: there are no racks.
   * @throws {KubeError} What passes.
   */
  async learn(pods: readonly ObservedPod[], topologyKey: string | undefined): Promise<void> {
    const known = this.#topologyKey === topologyKey ? this.#racks : new Map<string, string | null>()
    const racks = new Map<string, string | null>()
    const byBroker = new Map<number, string | null>()
    for (const pod of topologyKey === undefined ? [] : pods) {
      const rack = known.has(pod.uid)
        ? known.get(pod.uid)
        : await this.#look(pod, topologyKey as string)
      if (rack === undefined) continue // it is on no node yet
      racks.set(pod.uid, rack)
      if (!pod.isTerminating) byBroker.set(pod.brokerId, rack)
    }
    this.#topologyKey = topologyKey
    this.#racks = racks
    this.#byBroker = byBroker
  }

  /** @returns Null: it stands in none. Undefined: that is not known yet. */
  rackOf(brokerId: number): string | null | undefined {
    return this.#topologyKey === undefined ? null : this.#byBroker.get(brokerId)
  }

  async #look(pod: ObservedPod, topologyKey: string): Promise<string | null | undefined> {
    const { labels, node } = pod
    if (labels[topologyKey] !== undefined) return labels[topologyKey]
    if (node === undefined) return undefined
    const answer = await this.#client.get(kindNamed('Node'), { name: node }, { metadataOnly: true })
    const found = valueUnless(answer, 'not-found', 'refused')
    const rack = found?.metadata.labels?.[topologyKey]
    if (rack !== undefined) return rack
    const mayNot = `node ${node} may not be read: readNodes in the values of the chart`
    const hasNone = `node ${node} has no label ${topologyKey}`
    this.#unknown(pod, answer.ok ? hasNone : mayNot)
    return null
  }
}
