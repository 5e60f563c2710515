import type { KafkaCluster } from '../../api/kafka-cluster/kafka-cluster.ts'
import type { ResourcesContext } from './context.ts'
import { heapMebibytes } from './heap.ts'
import { names } from './names.ts'
import { places } from './places.ts'
import { ports } from './ports.ts'
import { dataVolume } from './volume.ts'

/** The process of a broker in its pod. */
export function brokerContainer(cluster: KafkaCluster, { image }: Pick<ResourcesContext, 'image'>) {
  const { resources } = cluster.spec.brokers
  const heap = heapMebibytes(resources.limits?.memory)
  return {
    name: 'broker',
    image,
    command: [
      'node',
      ...(heap === undefined ? [] : [`--max-old-space-size=${heap}`]),
      '/opt/kavka/dist/broker/main.js',
      '--config',
      `${places.options}/${places.optionsFile}`,
    ],
    env: environment(cluster),
    ports: [...cluster.spec.listeners, ports.internal, ports.metrics].map(({ name, port }) => ({
      name,
      containerPort: port,
      protocol: 'TCP',
    })),
    resources,
    ...probes,
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts: [
      { name: dataVolume, mountPath: places.volume },
      { name: 'options', mountPath: places.options, readOnly: true },
      { name: 'secret', mountPath: places.secret, readOnly: true },
    ],
  } as const
}

/** What a pod says of itself to the broker in it: see `broker/config/own-options.ts`. */
function environment(cluster: KafkaCluster) {
  const domain = `${cluster.metadata.namespace}.svc`
  return [
    fromField('POD_NAME', 'metadata.name'),
    fromField('KAVKA_NODE_ID', "metadata.labels['apps.kubernetes.io/pod-index']"),
    { name: 'KAVKA_ADVERTISED_HOST', value: `$(POD_NAME).${domain}` }, // its own Service
    {
      name: 'KAVKA_INTERNAL_HOST',
      value: `$(POD_NAME).${names.headlessService(cluster)}.${domain}`,
    },
  ]
}

function fromField(name: string, fieldPath: string) {
  return { name, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } } }
}

/**
 * A broker that hangs is noticed by the controller in seconds. The kubelet is there for one that
 * nobody else got rid of, so it takes its time; and it gives a start as long as a disk may take.
 */
const probes = {
  startupProbe: { ...get('/healthz'), periodSeconds: 1, timeoutSeconds: 5, failureThreshold: 600 },
  livenessProbe: { ...get('/healthz'), periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
  readinessProbe: { ...get('/readyz'), periodSeconds: 2, timeoutSeconds: 2, failureThreshold: 3 },
} as const

function get(path: string) {
  return { httpGet: { path, port: ports.metrics.name } }
}
