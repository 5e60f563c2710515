import { MetadataError } from '../../broker/metadata/metadata-error.ts'
import { realClock } from '../../lib/clock.ts'
import { silentLogger } from '../../lib/logger.ts'
import { realRandom } from '../../lib/random.ts'
import { StorageError } from '../../lib/storage-error.ts'
import { headName } from '../../operator/controller/store/kubernetes/head.ts'
import { Patience } from '../../operator/controller/store/kubernetes/patience.ts'
import { readLog } from '../../operator/controller/store/kubernetes/read-log.ts'
import { StoreError } from '../../operator/controller/store/store-error.ts'
import { metadataObjects } from '../../operator/in-kubernetes/metadata-objects.ts'
import type { ApiServer } from '../../operator/kube/api/access/api-server.ts'
import { fromKubeconfig, KubeconfigError } from '../../operator/kube/api/access/kubeconfig.ts'
import { KubeApi } from '../../operator/kube/api/kube-api.ts'
import type { KnownLog } from './known-log.ts'
import { WhyError } from './why-error.ts'

type Named = { readonly namespace: string; readonly cluster: string }

/**
 * The metadata log of a cluster on Kubernetes, out of its ClusterMetadata objects. Nothing is changed.
 *
 * @throws {WhyError} There is none, or the API does not answer within five seconds.
 */
export async function kubernetesLog(named: Named): Promise<KnownLog> {
  try {
    return await logOn(await fromKubeconfig(realClock), named)
  } catch (error) {
    if (!(error instanceof KubeconfigError)) throw error
    throw new WhyError(error.message, { cause: error })
  }
}

/** The same from a server that is known. @throws {WhyError} */
export async function logOn(
  server: ApiServer,
  { namespace, cluster: name }: Named,
): Promise<KnownLog> {
  const ends = { clock: realClock, random: realRandom, logger: silentLogger }
  const api = new KubeApi({ server, ...ends })
  let trouble: string | undefined
  const patience = new Patience({
    clock: realClock,
    onUndecided(why) {
      trouble ??= why
      patience.close()
    },
  })
  const objects = metadataObjects(api.log, namespace)
  const cluster = `${namespace}/${name}`
  try {
    const read = await patience.watched(() => readLog({ objects, patience }, headName(name)))
    if (read === undefined) throw new WhyError(`KafkaCluster ${cluster} has no metadata log there`)
    return { cluster, log: read.opened, failovers: [] }
  } catch (error) {
    const isOfLog = error instanceof StorageError || error instanceof MetadataError
    if (!isOfLog && !(error instanceof StoreError)) throw error
    throw new WhyError(trouble ?? error.message, { cause: error })
  } finally {
    await api.close()
  }
}
