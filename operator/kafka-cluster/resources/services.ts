import type { KafkaCluster } from '../../api/kafka-cluster/kafka-cluster.ts'
import { ownedMetadata } from './kube-object.ts'
import { beginLabel, brokerSelector } from './labels.ts'
import { names } from './names.ts'
import { ports } from './ports.ts'

/**
 * Gives each broker a name that lasts: brokers dial `<pod>.<this>`. Also those that are not ready, since they
 * have to find each other to become so.
 */
export function headlessService(cluster: KafkaCluster) {
  const { listeners } = cluster.spec
  return {
    ...service(cluster, names.headlessService(cluster)),
    spec: {
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      selector: brokerSelector(cluster),
      ports: [...listeners, ports.internal, ports.metrics].map(portOf),
    },
  } as const
}

/**
 * An address that lasts for each broker: where clients find it. That of a pod is another one each time, and
 * clients keep what a name meant: Java for 30 s, in which a broker that was started anew leads again. Also
 * while it is not ready, since it may lead before a kubelet has asked it.
 */
export function brokerServices(cluster: KafkaCluster, brokers: number) {
  return Array.from({ length: brokers }, (_, brokerId) => {
    const name = names.brokerService(cluster, brokerId)
    return {
      ...service(cluster, name),
      spec: {
        type: 'ClusterIP',
        publishNotReadyAddresses: true,
        selector: { ...brokerSelector(cluster), 'statefulset.kubernetes.io/pod-name': name },
        ports: cluster.spec.listeners.map(portOf),
      },
    } as const
  })
}

/** Where clients begin with one listener: any broker that serves tells them of all others. */
export function bootstrapServices(cluster: KafkaCluster) {
  return cluster.spec.listeners.map((listener) => ({
    ...service(cluster, names.bootstrapService(cluster, listener.name)),
    spec: {
      type: 'ClusterIP',
      selector: { ...brokerSelector(cluster), [beginLabel]: 'true' },
      ports: [portOf(listener)],
    },
  }))
}

function service(cluster: KafkaCluster, name: string) {
  const { template } = cluster.spec.brokers
  const metadata = ownedMetadata(cluster, name, template.service)
  return { apiVersion: 'v1', kind: 'Service', metadata } as const
}

function portOf({ name, port }: { readonly name: string; readonly port: number }) {
  return { name, port, targetPort: name, protocol: 'TCP' } as const
}
