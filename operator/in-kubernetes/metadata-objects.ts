import { ClusterMetadata } from '../api/cluster-metadata/cluster-metadata.ts'
import type {
  ClusterMetadataObjects,
  Conflict,
  Done,
  Exists,
  Refused,
  Unknown,
} from '../controller/store/kubernetes/cluster-metadata-objects.ts'
import type { Answer, Failure } from '../kube/api/requests/answer.ts'
import type { KubeClient } from '../kube/api/requests/kube-client.ts'
import type { KubeObjectInput } from '../kube/api/requests/kube-object.ts'

/**
 * The ClusterMetadata objects of a namespace, asked of a real API server.
 *
 * @param client With a connection for the metadata log alone.
 */
export function metadataObjects(client: KubeClient, namespace: string): ClusterMetadataObjects {
  const place = (name: string) => ({ namespace, name })
  return {
    get interruptions() {
      return client.interruptions
    },
    async get(name) {
      const answer = await client.get<ClusterMetadata>(ClusterMetadata, place(name))
      if (answer.ok) return { type: 'found', object: answer.value }
      return answer.failure.type === 'not-found' ? { type: 'missing' } : unknown(answer.failure)
    },
    async create(object) {
      const options = { metadataOnly: true }
      const sent = object as KubeObjectInput // its table says of owner references only that they are there
      return outcomeOfCreate(await client.create(ClusterMetadata, namespace, sent, options))
    },
    async patch(name, operations) {
      const options = { overOpen: true, metadataOnly: true }
      return outcomeOfPatch(
        await client.jsonPatch(ClusterMetadata, place(name), operations, options),
      )
    },
    async list({ name, value }) {
      const selection = { namespace, labelSelector: `${name}=${value}`, metadataOnly: true }
      const answer = await client.list(ClusterMetadata, selection)
      if (!answer.ok) return unknown(answer.failure)
      const objects = answer.value.items.map(({ metadata }) => {
        return { name: metadata.name, uid: metadata.uid }
      })
      return { type: 'listed', objects }
    },
    async delete(name, uid) {
      await client.delete(ClusterMetadata, place(name), { uid, overOpen: true })
    },
  }
}

/**
 * What an answer to a patch means. A failed `test` cannot be told from other patches that do not fit;
 * what the schema or a rule of it refuses has causes. Whoever may not, or is asked to come later, may
 * hear something else then.
 */
export function outcomeOfPatch(answer: Answer<unknown>): Done | Conflict | Refused | Unknown {
  if (answer.ok) return { type: 'done' }
  const { type, causes, message: why } = answer.failure
  if (type === 'too-large' || (type === 'invalid' && causes.length > 0)) {
    return { type: 'refused', why }
  }
  const isConflict = type === 'invalid' || type === 'conflict' || type === 'not-found'
  return isConflict ? { type: 'conflict', why } : unknown(answer.failure)
}

/** What an answer to a create means. */
export function outcomeOfCreate(answer: Answer<unknown>): Done | Exists | Refused | Unknown {
  if (!answer.ok && answer.failure.type === 'already-exists') return { type: 'exists' }
  const outcome = outcomeOfPatch(answer)
  return outcome.type === 'conflict' ? { ...outcome, type: 'unknown' } : outcome
}

function unknown({ message: why }: Failure): Unknown {
  return { type: 'unknown', why }
}
