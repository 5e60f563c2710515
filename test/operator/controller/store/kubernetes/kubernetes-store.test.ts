import { describe } from 'vitest'
import { realRandom } from '../../../../../lib/random.ts'
import { KubernetesStore } from '../../../../../operator/controller/store/kubernetes/kubernetes-store.ts'
import { ClusterMetadataApi } from '../../../../support/cluster-metadata-api.ts'
import { ClusterMetadataClient } from '../../../../support/cluster-metadata-client.ts'
import { ManualClock } from '../../../../support/manual-clock.ts'
import { promisesOf } from '../store-promises.ts'

const owner = {
  apiVersion: 'kavka.dev/v1alpha1',
  kind: 'KafkaCluster',
  name: 'demo',
  uid: 'uid-demo',
}

describe('the store in Kubernetes', () => {
  promisesOf(
    () =>
      new KubernetesStore({
        objects: new ClusterMetadataClient(new ClusterMetadataApi()),
        clock: new ManualClock(),
        random: realRandom,
        owner,
        clusterId: 'kafka-of-tests',
        isKnown: false,
        onUndecided: () => {},
      }),
  )
})
