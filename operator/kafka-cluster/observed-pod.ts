import { msOfRfc3339 } from '../../lib/clock.ts'
import { parseDuration } from '../api/schema/duration.ts'
import {
  heartbeatAnnotation,
  optionsVolume,
  templateHashAnnotation,
} from './resources/broker-pod.ts'
import { beginLabel, brokerIdLabel } from './resources/labels.ts'

/** A broker's pod, as far as anything is decided by it. */
export type ObservedPod = {
  readonly name: string
  /** Of this pod: the next one of its name has another. */
  readonly uid: string
  readonly brokerId: number
  /** Of what it was made of. */
  readonly templateHash: string | undefined
  /** How often its broker says that it is there. */
  readonly heartbeatIntervalMs: number | undefined
  /** The ConfigMap with its options. */
  readonly optionsName: string | undefined
  /** Its broker says that it can be used. */
  readonly isReady: boolean
  readonly isTerminating: boolean
  /** It ran, crashed, and Kubernetes keeps it waiting before it may start again. */
  readonly isHeldBack: boolean
  readonly hasBrokerIdLabel: boolean
  /** Clients are sent to it, where it is ready. */
  readonly isBegunWith: boolean
  /** The node that it is on; undefined while Kubernetes has found none. */
  readonly node: string | undefined
  readonly labels: { readonly [name: string]: string }
}

/** What is used of a pod as an API server has it. */
export type KubePod = {
  readonly metadata: {
    readonly name: string
    readonly uid: string
    readonly labels?: { readonly [name: string]: string }
    readonly annotations?: { readonly [name: string]: string }
    readonly deletionTimestamp?: string
  }
  readonly spec: {
    readonly nodeName?: string
    readonly volumes?: readonly {
      readonly name: string
      readonly configMap?: { readonly name?: string }
    }[]
  }
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[]
    readonly containerStatuses?: readonly ContainerStatus[]
  }
}

type ContainerStatus = {
  readonly state?: { readonly waiting?: { readonly reason?: string } }
  readonly lastState?: {
    readonly terminated?: { readonly startedAt?: string; readonly finishedAt?: string }
  }
}

/** @returns Undefined for a pod that is no broker's. */
export function observePod({ metadata, spec, status }: KubePod): ObservedPod | undefined {
  const id = /-broker-(\d+)$/.exec(metadata.name)?.[1]
  if (id === undefined) return undefined
  const { labels = {}, annotations = {} } = metadata
  const isReady = status?.conditions?.some(
    ({ type, status }) => type === 'Ready' && status === 'True',
  )
  const containers = status?.containerStatuses ?? []
  return {
    name: metadata.name,
    uid: metadata.uid,
    brokerId: Number(id),
    templateHash: annotations[templateHashAnnotation],
    heartbeatIntervalMs: parseDuration(annotations[heartbeatAnnotation] ?? ''),
    optionsName: spec.volumes?.find(({ name }) => name === optionsVolume)?.configMap?.name,
    isReady: isReady === true,
    isTerminating: metadata.deletionTimestamp !== undefined,
    isHeldBack: containers.some(isHeldBack),
    hasBrokerIdLabel: labels[brokerIdLabel] === id,
    isBegunWith: labels[beginLabel] === 'true',
    node: spec.nodeName,
    labels,
  }
}

/**
 * A new pod starts at once, where this one would wait for 10 s, then 20, up to five minutes. But who
 * dies as soon as he starts is better kept waiting: then Kubernetes' own back-off is right.
 */
function isHeldBack({ state, lastState }: ContainerStatus): boolean {
  if (state?.waiting?.reason !== 'CrashLoopBackOff') return false
  const { startedAt, finishedAt } = lastState?.terminated ?? {}
  if (startedAt === undefined || finishedAt === undefined) return false
  return msOfRfc3339(finishedAt) - msOfRfc3339(startedAt) >= ranWellMs
}

const ranWellMs = 10_000
