import { KafkaCluster } from '../../../operator/api/kafka-cluster/kafka-cluster.ts'
import { readResource } from '../../../operator/api/schema/resource.ts'
import type { ObservedPod } from '../../../operator/kafka-cluster/observed-pod.ts'
import type { ResourcesContext } from '../../../operator/kafka-cluster/resources/context.ts'
import { clusterId } from '../controller/decide/support.ts'

export const context: ResourcesContext = {
  secretHash: '0123456789',
  clusterId,
  image: 'registry.example/kavka:1',
  controllers: [{ host: 'kavka-operator.kavka.svc', port: 9191 }],
  operatorNamespace: 'kavka',
}

/** The KafkaCluster `demo` of namespace `shop`, as an API server has it. */
export function kafkaCluster({
  brokers = {},
  ...spec
}: {
  brokers?: object
  [field: string]: unknown
} = {}): KafkaCluster {
  return readResource(KafkaCluster, {
    apiVersion: 'kavka.dev/v1alpha1',
    kind: 'KafkaCluster',
    metadata: { name: 'demo', namespace: 'shop', uid: 'uid-of-demo', generation: 7 },
    spec: { brokers: { replicas: 3, ...brokers }, ...spec },
  })
}

/** A pod that serves, and lacks nothing. */
export function observedPod(brokerId: number, fields: Partial<ObservedPod> = {}): ObservedPod {
  return {
    name: `demo-broker-${brokerId}`,
    uid: `uid-of-pod-${brokerId}`,
    brokerId,
    templateHash: undefined,
    heartbeatIntervalMs: 500,
    optionsName: undefined,
    isReady: true,
    isTerminating: false,
    isHeldBack: false,
    hasBrokerIdLabel: true,
    isBegunWith: true,
    node: `node-${brokerId}`,
    labels: {},
    ...fields,
  }
}
