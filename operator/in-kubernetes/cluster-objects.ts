import type { MetadataImage } from '../../broker/metadata/image.ts'
import type { KafkaCluster } from '../api/kafka-cluster/kafka-cluster.ts'
import { type ObservedPod, observePod } from '../kafka-cluster/observed-pod.ts'
import type {
  Observed,
  ObservedStatefulSet,
  PodToLabel,
  PodToRestart,
  ResourcesPlan,
  ToRemove,
  Volume,
} from '../kafka-cluster/plan-resources.ts'
import type { KubeObject } from '../kafka-cluster/resources/kube-object.ts'
import { names } from '../kafka-cluster/resources/names.ts'
import { places } from '../kafka-cluster/resources/places.ts'
import { clusterSecret } from '../kafka-cluster/resources/secret.ts'
import { foundIn, valueOf, valueUnless } from '../kube/api/requests/answer.ts'
import type { KubeClient } from '../kube/api/requests/kube-client.ts'
import type { KubeObject as FoundObject } from '../kube/api/requests/kube-object.ts'
import { isOlder } from '../kube/api/watch/versions.ts'
import { ReconcileError } from '../reconcile-error.ts'
import { type ActingClient, actingClient } from './acting-client.ts'
import { type Claim, keyOf, kindNamed, type Secret, type StatefulSet } from './kinds.ts'
import type { WatchedObjects } from './watched-objects.ts'

/** What is heard of the objects of a cluster without asking. */
export type HeardObjects = Pick<WatchedObjects, 'part' | 'partsOf'>

/** The objects of one cluster in Kubernetes: looks at them, and brings them to what a plan says. */
export class ClusterObjects {
  readonly #client: KubeClient
  readonly #heard: HeardObjects
  readonly #acting: ActingClient
  /** What was applied last, by kind and name: the same again is asked of nobody, while it is there. */
  readonly #applied = new Map<string, Applied>()

  /** @param mayAct Whether nobody else does, as of now. */
  constructor(client: KubeClient, heard: HeardObjects, mayAct: () => boolean) {
    this.#client = client
    this.#heard = heard
    this.#acting = actingClient(client, mayAct)
  }

  /**
   * The secret of the cluster, which is made where it is not there.
   *
   * @throws {KubeError} {ReconcileError} It goes with a cluster that was deleted.
   */
  async secret(cluster: KafkaCluster, newSecret: () => string): Promise<Uint8Array> {
    const { namespace } = cluster.metadata
    const place = { namespace, name: names.secret(cluster) }
    const found = foundIn(await this.#client.get<Secret>(kindNamed('Secret'), place))
    if (found !== undefined) {
      checkOwner(found, cluster)
      return secretIn(found)
    }
    const made = clusterSecret(cluster, newSecret())
    const answer = await this.#client.create<Secret>(kindNamed('Secret'), namespace, made)
    valueUnless(answer, 'already-exists')
    // What is there is read, whoever made it.
    return secretIn(valueOf(await this.#client.get<Secret>(kindNamed('Secret'), place)))
  }

  observe(cluster: KafkaCluster, image: MetadataImage | undefined): Observed {
    const { namespace } = cluster.metadata
    const setKey = `${namespace}/${names.statefulSet(cluster)}`
    const set = this.#heard.part<StatefulSet>('StatefulSet', setKey)
    const claims = this.#heard.partsOf<Claim>('PersistentVolumeClaim', cluster)
    return {
      image,
      statefulSet: set && observeSet(set),
      pods: this.pods(cluster),
      volumes: claims.map((claim) => volumeOf(claim)),
      optionsNames: this.#heard.partsOf('ConfigMap', cluster).map(({ metadata }) => metadata.name),
      serviceNames: this.#heard.partsOf('Service', cluster).map(({ metadata }) => metadata.name),
    }
  }

  pods(cluster: KafkaCluster): ObservedPod[] {
    return this.#heard.partsOf('Pod', cluster).flatMap((pod) => observePod(pod as never) ?? [])
  }

  /**
   * @param restarts Told of each pod that is deleted, so that another takes its place.
   * @throws {KubeError} {KafkaError} What was done stays; all of it may be done again.
   */
  async carryOut(plan: ResourcesPlan, restarts: (restart: PodToRestart) => void): Promise<void> {
    for (const object of plan.apply) await this.#apply(object)
    for (const pod of plan.label) await this.#label(pod, plan)
    for (const volume of plan.grow) await this.#grow(volume, plan)
    for (const restart of plan.restart) {
      await this.#deletePod(restart.pod, namespaceOf(plan))
      restarts(restart)
    }
    for (const unused of plan.remove) await this.#remove(unused, plan)
  }

  /** Ends what runs in a pod: it has a second to stop in order. @throws {KubeError} {KafkaError} */
  kill(pod: ObservedPod, { metadata: { namespace } }: KafkaCluster): Promise<void> {
    return this.#deletePod(pod, namespace, { gracePeriodSeconds: 1 })
  }

  async #apply(object: KubeObject): Promise<void> {
    const { kind } = object
    const place = object.metadata
    const key = `${kind}/${place.name}`
    const text = JSON.stringify(object)
    const last = this.#applied.get(key)
    const isSame = last?.text === text
    if (isSame && isAsWritten(this.#heard.part(kind, keyOf(object)), last.metadata)) return
    const options = { force: true, metadataOnly: true }
    const answer = await this.#acting().apply(kindNamed(kind), place, object, options)
    this.#applied.set(key, { text, metadata: valueOf(answer).metadata })
  }

  async #label({ pod, labels }: PodToLabel, plan: ResourcesPlan): Promise<void> {
    const place = { namespace: namespaceOf(plan), name: pod.name }
    const patch = { metadata: { uid: pod.uid, labels } }
    const answer = await this.#acting().mergePatch(kindNamed('Pod'), place, patch)
    valueUnless(answer, 'not-found', 'conflict')
  }

  async #grow({ name, size }: Volume, plan: ResourcesPlan): Promise<void> {
    const place = { namespace: namespaceOf(plan), name }
    const patch = { spec: { resources: { requests: { storage: size } } } }
    valueOf(await this.#acting().mergePatch(kindNamed('PersistentVolumeClaim'), place, patch))
  }

  async #deletePod(
    { name, uid }: ObservedPod,
    namespace: string,
    options: { readonly gracePeriodSeconds?: number } = {},
  ): Promise<void> {
    const place = { namespace, name }
    const answer = await this.#acting().delete(kindNamed('Pod'), place, { uid, ...options })
    valueUnless(answer, 'not-found', 'conflict') // it went by itself
  }

  async #remove({ kind, name }: ToRemove, plan: ResourcesPlan): Promise<void> {
    const place = { namespace: namespaceOf(plan), name }
    const found = this.#heard.part(kind, keyOf({ metadata: place }))
    if (found === undefined) return
    const { uid } = found.metadata
    valueUnless(await this.#acting().delete(kindNamed(kind), place, { uid }), 'not-found')
  }
}

type Applied = { readonly text: string; readonly metadata: FoundObject['metadata'] }

/** Whether nobody is known to have deleted or written it since; statuses do not count where that shows. */
function isAsWritten(heard: FoundObject | undefined, written: FoundObject['metadata']): boolean {
  if (heard === undefined) return false
  const { generation, resourceVersion } = heard.metadata
  if (generation !== undefined) return generation <= (written.generation ?? 0)
  return !isOlder(written.resourceVersion, resourceVersion)
}

/** Kubernetes deletes what is left of a cluster: nothing new is to rely on it. @throws {ReconcileError} */
function checkOwner({ metadata }: Secret, cluster: KafkaCluster): void {
  const { kind, metadata: own } = cluster
  const owner = metadata.ownerReferences?.find((other) => other.kind === kind)
  if (owner === undefined || owner.uid === own.uid) return
  const message = `Secret ${metadata.name} is that of a KafkaCluster which was deleted, and goes with it`
  throw new ReconcileError('WaitingForDeletion', message)
}

/** All objects of a cluster are where it is. */
function namespaceOf(plan: ResourcesPlan): string {
  return plan.apply[0]?.metadata.namespace ?? ''
}

function observeSet({ spec }: StatefulSet): ObservedStatefulSet {
  const [claim] = spec.volumeClaimTemplates ?? []
  return { replicas: spec.replicas ?? 1, volumeSize: claim?.spec?.resources?.requests?.storage }
}

function volumeOf({ metadata, spec }: Claim): Volume {
  return { name: metadata.name, size: spec?.resources?.requests?.storage ?? 0 }
}

function secretIn({ data }: Secret): Uint8Array {
  return Buffer.from(data?.[places.secretFile] ?? '', 'base64')
}
