import type { Answer } from '../requests/answer.ts'
import type { KubeClient, Selection } from '../requests/kube-client.ts'
import type { Delivery } from '../watch/watch.ts'
import { type Lease, type LeaseSpec, leaseKind } from './lease-object.ts'

/** What a candidate asks of the API server. */
export type LeaseRequests = {
  read(): Promise<Answer<Lease>>
  create(spec: LeaseSpec): Promise<Answer<Lease>>
  /** A `conflict` where somebody wrote since that version. */
  write(spec: LeaseSpec, version: string): Promise<Answer<Lease>>
  /** Tells of the Lease as it is, and of each change; undefined: there is none. */
  watch(hear: (lease: Lease | undefined) => void): Watching
}

export type Watching = {
  /** Settles once it is stopped. */
  run(): Promise<void>
  stop(): void
}

export type LeaseRequestsOptions = {
  readonly namespace: string
  readonly name: string
  /** For the Lease alone, so that nothing is in the way of a renewal. */
  readonly client: KubeClient
  readonly watch: (selection: Selection, deliver: (delivery: Delivery<Lease>) => void) => Watching
}

/** Those about one Lease of an API server. */
export function leaseRequests(options: LeaseRequestsOptions): LeaseRequests {
  const { namespace, name, client, watch } = options
  const place = { namespace, name }
  return {
    read: () => client.get<Lease>(leaseKind, place),
    create(spec) {
      const { apiVersion, kind } = leaseKind
      return client.create<Lease>(leaseKind, namespace, { apiVersion, kind, metadata: place, spec })
    },
    write(spec, version) {
      const patch = { metadata: { resourceVersion: version }, spec }
      return client.mergePatch<Lease>(leaseKind, place, patch)
    },
    watch(hear) {
      return watch({ namespace, fieldSelector: `metadata.name=${name}` }, (delivery) => {
        if (delivery.type === 'listed') hear(delivery.objects[0])
        else hear(delivery.type === 'deleted' ? undefined : delivery.object)
      })
    },
  }
}
