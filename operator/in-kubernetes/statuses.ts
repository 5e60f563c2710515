import { isSame } from '../../lib/is-same.ts'
import { type Answer, valueOf } from '../kube/api/requests/answer.ts'
import type { KubeClient } from '../kube/api/requests/kube-client.ts'
import type { Kind } from '../kube/api/requests/paths.ts'

type WithStatus = {
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
    const place = { namespace, name, subresource: 'status' }
    // An apply would not look at the uid: one that was made anew under the name would get it.
    const operations = [
      { op: 'test', path: '/metadata/uid', value: uid },
      { op: 'add', path: '/status', value: status },
    ] as const
    const answer = await this.#client.jsonPatch(kind, place, operations, { metadataOnly: true })
    if (isGone(answer)) return
    valueOf(answer)
    this.#written.set(uid, status)
  }

  /** The resource is gone. */
  forget(uid: string): void {
    this.#written.delete(uid)
  }
}

/** It was deleted meanwhile, and perhaps made anew: then the `test` fails, which has no causes. */
function isGone(answer: Answer<unknown>): boolean {
  if (answer.ok) return false
  const { type, causes } = answer.failure
  return type === 'not-found' || (type === 'invalid' && causes.length === 0)
}
