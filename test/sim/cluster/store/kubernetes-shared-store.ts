import { headName } from '../../../../operator/controller/store/kubernetes/head.ts'
import { KubernetesStore } from '../../../../operator/controller/store/kubernetes/kubernetes-store.ts'
import type { MetadataStore } from '../../../../operator/controller/store/metadata-store.ts'
import { ClusterMetadataClient } from '../../../support/cluster-metadata-client.ts'
import type { Incarnation } from '../../core/incarnation.ts'
import type { World } from '../../core/world.ts'
import { ApiServer } from './api-server.ts'
import { wireOf } from './api-wire.ts'
import { withEarlySnapshots } from './early-snapshots.ts'
import type { SharedStore, SharedStoreOptions } from './shared-store.ts'

/**
 * The product's log on Kubernetes, over an API server in memory. Faults: those of `wireOf`, and `snapshot`
 * (one is taken early).
 */
export class KubernetesSharedStore implements SharedStore {
  readonly #options: SharedStoreOptions
  readonly #server: ApiServer
  /** By life of a node: each has its own connection. */
  readonly #clients = new Map<Incarnation, ClusterMetadataClient>()
  /** The status of the KafkaCluster says whose log there is. */
  #isKnown = false

  constructor(world: World, options: SharedStoreOptions) {
    this.#options = options
    this.#server = new ApiServer(world, { head: headName(owner.name), told: options.told })
  }

  storeOf(node: Incarnation): MetadataStore {
    const own = new KubernetesStore({
      objects: this.#clientOf(node),
      clock: node.clock,
      random: node.random('store'),
      owner,
      clusterId: this.#options.clusterId,
      isKnown: this.#isKnown,
      onUndecided: () => {},
    })
    const { faults } = this.#options
    const store = withEarlySnapshots(own, () => faults.strikes('snapshot', node.host))
    return {
      ...store,
      open: async () => {
        const opened = await store.open()
        this.#isKnown = true
        return opened
      },
    }
  }

  set isOut(isOut: boolean) {
    this.#server.isOut = isOut
  }

  backUp(): () => void {
    const putBack = this.#server.backUp()
    const isKnown = this.#isKnown
    return () => {
      putBack()
      this.#isKnown = isKnown
      for (const client of this.#clients.values()) client.interrupted()
    }
  }

  #clientOf(node: Incarnation): ClusterMetadataClient {
    const known = this.#clients.get(node)
    if (known !== undefined) return known
    const wire = wireOf(node, { faults: this.#options.faults, server: this.#server })
    const client = new ClusterMetadataClient(this.#server.api, wire)
    this.#clients.set(node, client)
    node.gate.onDeath(() => void this.#clients.delete(node))
    return client
  }
}

const owner = {
  apiVersion: 'kavka.dev/v1alpha1',
  kind: 'KafkaCluster',
  name: 'demo',
  uid: 'uid-demo',
}
