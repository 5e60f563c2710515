import type { VersionRange } from '../../broker/metadata/image.ts'
import { maxMetadataVersion, readRange } from '../../broker/metadata/reads-up-to.ts'
import { operatorSelector, selectorText } from '../kafka-cluster/resources/labels.ts'
import { valueOf } from '../kube/api/requests/answer.ts'
import type { KubeClient } from '../kube/api/requests/kube-client.ts'
import { kindNamed } from './kinds.ts'

type OperatorPod = {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> }
  readonly status?: {
    readonly phase?: string
    readonly conditions?: readonly { readonly type: string; readonly status: string }[]
    readonly containerStatuses?: readonly { readonly name: string; readonly imageID: string }[]
  }
}

/** Another replica of the operator than this one. */
export type OtherReplica = {
  readonly podName: string
  /** Of `metadata.version`. Undefined: it runs another image, and it is not known. */
  readonly reads: VersionRange | undefined
  /** It would act if it had the Lease. */
  readonly isReady: boolean
}

/**
 * The other replicas of the operator. One that runs the same image as this one reads the same.
 *
 * @throws {KubeError} Which there are is not known.
 */
export async function otherReplicas(
  client: KubeClient,
  own: { readonly namespace: string; readonly podName: string },
): Promise<OtherReplica[]> {
  const { namespace } = own
  const labelSelector = selectorText(operatorSelector)
  const listed = await client.list<OperatorPod>(kindNamed('Pod'), { namespace, labelSelector })
  const pods = valueOf(listed).items
  const here = pods.find(({ metadata }) => metadata.name === own.podName)
  const others = pods.filter((pod) => pod !== here && isReplica(pod, here) && !hasEnded(pod))
  return others.map((pod) => {
    const { conditions = [] } = pod.status ?? {}
    const isSame = imageOf(pod) !== undefined && imageOf(pod) === imageOf(here)
    return {
      podName: pod.metadata.name,
      reads: isSame ? readRange(maxMetadataVersion) : undefined,
      isReady: conditions.some(({ type, status }) => type === 'Ready' && status === 'True'),
    }
  })
}

/** Of the same release; where there are several in a namespace, each has its own Lease. */
function isReplica({ metadata }: OperatorPod, here: OperatorPod | undefined): boolean {
  const instance = here?.metadata.labels?.[instanceLabel]
  return instance === undefined || metadata.labels?.[instanceLabel] === instance
}

/** It never runs again. */
function hasEnded({ status }: OperatorPod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed'
}

/** What it really runs: a tag may mean another image by now. Undefined: nothing yet. */
function imageOf(pod: OperatorPod | undefined): string | undefined {
  return (
    pod?.status?.containerStatuses?.find(({ name }) => name === 'operator')?.imageID || undefined
  )
}

const instanceLabel = 'app.kubernetes.io/instance'
