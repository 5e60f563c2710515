import { isSame } from '../../lib/is-same.ts'
import { valueOf } from '../kube/api/requests/answer.ts'
import type { KubeClient } from '../kube/api/requests/kube-client.ts'
import type { Kind } from '../kube/api/requests/paths.ts'

type WithStatus = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace: string; readonly uid?: string }
  readonly status?: unknown
}

/** Writes statuses: each only where it says something new. */
export class Statuses {
  readonly #client: KubeClient
  /** By uid, what was written last: what is heard of a resource may be older. */
  readonly #written = new Map<string, unknown>()

  constructor(client: KubeClient) {
    this.#client = client
  }

  /** @throws {KubeError} */
  async write(kind: Kind, resource: WithStatus, status: object): Promise<void> {
    const { name, namespace, uid = '' } = resource.metadata
    const now = this.#written.get(uid) ?? resource.status
    if (isSame(now, status)) return
    const { apiVersion } = resource
    const object = { apiVersion, kind: resource.kind, metadata: { name, namespace }, status }
    const place = { namespace, name, subresource: 'status' }
    const answer = await this.#client.apply(kind, place, object, {
      force: true,
      metadataOnly: true,
    })
    if (!answer.ok && answer.failure.type === 'not-found') return // it was deleted meanwhile
    valueOf(answer)
    this.#written.set(uid, status)
  }

  /** The resource is gone. */
  forget(uid: string): void {
    this.#written.delete(uid)
  }
}
