import { shortHash } from '../../../lib/short-hash.ts'
import type { KafkaCluster } from '../../api/kafka-cluster/kafka-cluster.ts'
import { brokerContainer } from './broker-container.ts'
import type { ResourcesContext } from './context.ts'
import { beginLabel, brokerSelector, labelsOf } from './labels.ts'
import { names } from './names.ts'
import { ephemeralVolumes } from './volume.ts'

/**
 * What pods of brokers are made of. All that matters for a pod is in the hash, so whether one is made
 * of something older shows in the pod alone.
 *
 * @param optionsName The ConfigMap with the options.
 */
export function brokerPodTemplate(
  cluster: KafkaCluster,
  context: ResourcesContext,
  optionsName: string,
) {
  const { pod } = cluster.spec.brokers.template
  const labels = { ...pod.labels, ...labelsOf(cluster), [beginLabel]: 'true' }
  const spec = podSpec(cluster, context, optionsName)
  const { annotations } = pod
  // A broker tells where it stands when it registers, so once.
  const { rack } = cluster.spec.brokers
  const { secretHash } = context
  const hash = shortHash(JSON.stringify({ labels, annotations, spec, rack, secretHash }))
  return {
    metadata: {
      labels,
      annotations: {
        ...annotations,
        [templateHashAnnotation]: hash,
        [heartbeatAnnotation]: cluster.spec.controller.heartbeatInterval,
      },
    },
    spec,
  }
}

export const templateHashAnnotation = 'kavka.dev/template-hash'
/** How often a broker was told to say that it is there, when it was started. */
export const heartbeatAnnotation = 'kavka.dev/heartbeat-interval'

function podSpec(cluster: KafkaCluster, context: ResourcesContext, optionsName: string) {
  const { pod } = cluster.spec.brokers.template
  return {
    serviceAccountName: names.serviceAccount(cluster),
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    // A broker ends as it is after 30 s of its own accord; the default is twice that.
    terminationGracePeriodSeconds: pod.terminationGracePeriodSeconds,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: nobody,
      runAsGroup: nobody,
      fsGroup: nobody,
      fsGroupChangePolicy: 'OnRootMismatch', // else each start looks at every file
      seccompProfile: { type: 'RuntimeDefault' },
    },
    topologySpreadConstraints: spreadOver(cluster),
    ...only(pod, ['nodeSelector', 'tolerations', 'priorityClassName']),
    containers: [brokerContainer(cluster, context)],
    volumes: [
      ...ephemeralVolumes(cluster),
      { name: optionsVolume, configMap: { name: optionsName } },
      // For the group only, which is the broker's own.
      { name: 'secret', secret: { secretName: names.secret(cluster), defaultMode: 0o440 } },
    ],
  } as const
}

export const optionsVolume = 'options'

/** The user of the image, who is nobody anywhere else. */
const nobody = 65_532

/** Brokers go apart where there is room for it, and start where there is none. */
function spreadOver(cluster: KafkaCluster) {
  const { rack } = cluster.spec.brokers
  const racks = rack === undefined || rack.names !== undefined ? [] : [rack.topologyKey]
  const keys = new Set([...racks, 'kubernetes.io/hostname']) // Kubernetes takes none twice
  return Array.from(keys, (topologyKey) => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: brokerSelector(cluster) },
  }))
}

/** Those fields that are there. */
function only<T extends object, K extends keyof T>(
  from: T,
  fields: readonly K[],
): Partial<Pick<T, K>> {
  const entries = fields
    .filter((field) => from[field] !== undefined)
    .map((field) => [field, from[field]])
  return Object.fromEntries(entries) as Partial<Pick<T, K>>
}
