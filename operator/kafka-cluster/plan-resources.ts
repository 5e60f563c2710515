import type { MetadataImage } from '../../broker/metadata/image.ts'
import type { KafkaCluster } from '../api/kafka-cluster/kafka-cluster.ts'
import { parseQuantity } from '../api/schema/quantity.ts'
import { nextRestarts } from '../runtime/rolling.ts'
import { checkResources } from './check-resources.ts'
import { mayBeAway } from './may-be-away.ts'
import type { ObservedPod } from './observed-pod.ts'
import { planBrokers } from './plan-brokers.ts'
import { templateHashAnnotation } from './resources/broker-pod.ts'
import type { ResourcesContext } from './resources/context.ts'
import { disruptionBudget } from './resources/disruption-budget.ts'
import type { KubeObject } from './resources/kube-object.ts'
import { beginLabel, brokerIdLabel } from './resources/labels.ts'
import { names } from './resources/names.ts'
import { networkPolicy } from './resources/network-policy.ts'
import { optionsConfigMap } from './resources/options.ts'
import { serviceAccount } from './resources/service-account.ts'
import { bootstrapServices, brokerServices, headlessService } from './resources/services.ts'
import { brokerStatefulSet } from './resources/stateful-set.ts'

/** What is there of a cluster. */
export type Observed = {
  /** What its metadata log says; undefined while that is not known. */
  readonly image: MetadataImage | undefined
  readonly statefulSet: ObservedStatefulSet | undefined
  readonly pods: readonly ObservedPod[]
  /** The claims of its brokers. */
  readonly volumes: readonly Volume[]
  /** The ConfigMaps with options of its brokers, old ones too. */
  readonly optionsNames: readonly string[]
  /** All Services of it. */
  readonly serviceNames: readonly string[]
}
export type ObservedStatefulSet = {
  readonly replicas: number
  /** With which volumes are made. */
  readonly volumeSize: string | number | undefined
}
export type Volume = { readonly name: string; readonly size: string | number }

/** What is to be done. Nothing of it does harm when it is done twice. */
export type ResourcesPlan = {
  /** To be applied in this order (server-side, so that what is as it should be stays untouched). */
  readonly apply: readonly KubeObject[]
  /** Pods to be deleted, only with that uid: Kubernetes makes new ones of what there is now. */
  readonly restart: readonly PodToRestart[]
  /** Pods that lack labels. */
  readonly label: readonly PodToLabel[]
  /** Claims that are to ask for more. */
  readonly grow: readonly Volume[]
  /** What no pod has any more. */
  readonly remove: readonly ToRemove[]
}
export type PodToLabel = {
  readonly pod: ObservedPod
  readonly labels: Readonly<Record<string, string>>
}
export type ToRemove = { readonly kind: 'ConfigMap' | 'Service'; readonly name: string }
export type PodToRestart = {
  readonly pod: ObservedPod
  /** CamelCase and stable: for an Event. */
  readonly reason: 'Outdated' | 'CrashLoop' | 'Hangs'
}

/**
 * What brings Kubernetes to what a cluster's resource says. Pure; asked again whenever something
 * changed.
 *
 * @throws {ReconcileError}
 */
export function planResources(
  cluster: KafkaCluster,
  observed: Observed,
  context: ResourcesContext,
): ResourcesPlan {
  checkResources(cluster)
  const { size } = cluster.spec.brokers.storage
  const options = optionsConfigMap(cluster, context)
  const optionsName = options.metadata.name
  const replicas = replicasOf(cluster, observed)
  const volumeSize = observed.statefulSet?.volumeSize ?? size
  const set = brokerStatefulSet(cluster, context, { replicas, optionsName, volumeSize })
  const hash = set.spec.template.metadata.annotations[templateHashAnnotation]
  return {
    apply: [
      serviceAccount(cluster),
      networkPolicy(cluster, context),
      headlessService(cluster),
      ...bootstrapServices(cluster),
      ...brokerServices(cluster, replicas),
      options,
      set,
      disruptionBudget(cluster, observed.image),
    ],
    restart: restartsOf(cluster, observed, { replicas, hash }),
    label: podsToLabel(observed),
    grow: volumesToGrow(observed.volumes, size),
    remove: [
      ...unusedOptions(observed, optionsName),
      ...unusedServices(cluster, { observed, replicas }),
    ],
  }
}

/**
 * Brokers of a StatefulSet have the ids from 0 on, so one that still has partitions keeps those below
 * it. And none is taken away, with its volume perhaps, before it is known that it has none.
 */
function replicasOf(cluster: KafkaCluster, { image, statefulSet }: Observed): number {
  const wanted = cluster.spec.brokers.replicas
  if (image === undefined) return Math.max(wanted, statefulSet?.replicas ?? 0)
  const ids = planBrokers(cluster, image).desired.map(({ nodeId }) => nodeId)
  return Math.max(...ids) + 1
}

function restartsOf(
  { spec }: KafkaCluster,
  { pods, image }: Observed,
  { replicas, hash }: { replicas: number; hash: string | undefined },
): PodToRestart[] {
  const present = pods.filter(({ isTerminating }) => !isTerminating)
  const heldBack = present.filter(({ isHeldBack }) => isHeldBack)
  const crashed = heldBack.map((pod) => ({ pod, reason: 'CrashLoop' }) as const)
  if (spec.rollout.paused || image === undefined) return crashed

  const mayGo = mayBeAway(image)
  const brokers = Array.from({ length: replicas }, (_, nodeId) => {
    const pod = present.find(({ brokerId }) => brokerId === nodeId)
    return {
      nodeId,
      isOutdated: pod !== undefined && pod.templateHash !== hash,
      // What a kubelet says may be old, and of all pods of a node at once: it only holds restarts up.
      isServing: image.brokers.get(nodeId)?.fenced === false,
      mayBeAway: mayGo(nodeId),
      isReady: pod?.isReady === true,
    }
  })
  const areAllReady = brokers.every(({ isReady }) => isReady)
  const next = nextRestarts(brokers).filter((id) => areAllReady || !brokers[id]?.isServing)
  const outdated = present.filter((pod) => next.includes(pod.brokerId) && !pod.isHeldBack)
  return [...crashed, ...outdated.map((pod) => ({ pod, reason: 'Outdated' }) as const)]
}

function volumesToGrow(volumes: readonly Volume[], size: string | number): Volume[] {
  const wanted = parseQuantity(size) ?? 0
  const small = volumes.filter((volume) => (parseQuantity(volume.size) ?? wanted) < wanted)
  return small.map(({ name }) => ({ name, size }))
}

function podsToLabel({ pods, image }: Observed): PodToLabel[] {
  const toLabel: PodToLabel[] = []
  for (const pod of pods.filter(({ isTerminating }) => !isTerminating)) {
    const labels = {
      ...(pod.hasBrokerIdLabel ? {} : { [brokerIdLabel]: `${pod.brokerId}` }),
      ...beginLabelOf(pod, image),
    }
    if (Object.keys(labels).length > 0) toLabel.push({ pod, labels })
  }
  return toLabel
}

/** Where all are fenced it may be that they are well, and only the operator cannot hear them. */
function beginLabelOf(pod: ObservedPod, image: MetadataImage | undefined) {
  const isFenced = image?.brokers.get(pod.brokerId)?.fenced
  if (image === undefined || isFenced === undefined) return {}
  const doOthersServe = [...image.brokers.values()].some(({ fenced }) => !fenced)
  if (isFenced && doOthersServe && pod.isReady && pod.isBegunWith) return { [beginLabel]: 'false' }
  if (!isFenced && !pod.isBegunWith) return { [beginLabel]: 'true' }
  return {}
}

function unusedOptions({ optionsNames, pods }: Observed, current: string): ToRemove[] {
  const used = new Set([current, ...pods.map(({ optionsName }) => optionsName)])
  const unused = optionsNames.filter((name) => !used.has(name))
  return unused.map((name) => ({ kind: 'ConfigMap', name }))
}

/** Those of brokers that there are not to be, once their pods are gone. */
function unusedServices(
  cluster: KafkaCluster,
  { observed, replicas }: { observed: Observed; replicas: number },
): ToRemove[] {
  const { serviceNames, pods } = observed
  const brokerService = /-broker-(\d+)$/
  const unused = serviceNames.filter((name) => {
    const id = Number(brokerService.exec(name)?.[1] ?? -1)
    if (id < replicas || name !== names.brokerService(cluster, id)) return false
    return pods.every(({ brokerId }) => brokerId !== id)
  })
  return unused.map((name) => ({ kind: 'Service', name }))
}
