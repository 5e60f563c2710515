import { microTime } from '../../../../lib/clock.ts'
import type { KubeObject, KubeObjectInput } from '../requests/kube-object.ts'
import type { Kind } from '../requests/paths.ts'

export const eventKind: Kind = { apiVersion: 'events.k8s.io/v1', kind: 'Event', plural: 'events' }

/** What happened to an object, for those who look after it (`kubectl describe`). */
export type Happening = {
  readonly regarding: KubeObject & { readonly apiVersion: string; readonly kind: string }
  readonly type: 'Normal' | 'Warning'
  /** CamelCase and stable, since people alert on it. */
  readonly reason: string
  /** What kavka did, in CamelCase, such as `RestartBroker`. */
  readonly action: string
  /** For people. What is too long for an Event is cut. */
  readonly note: string
}

/** @param instance Which of several replicas tells it. */
export function eventObject(
  { regarding, type, reason, action, note }: Happening,
  { instance, nowMs }: { instance: string; nowMs: number },
): KubeObjectInput & { readonly metadata: { readonly namespace: string } } {
  const { apiVersion, kind, metadata } = regarding
  const { name, namespace, uid, resourceVersion } = metadata
  return {
    apiVersion: eventKind.apiVersion,
    kind: eventKind.kind,
    // Of what belongs to no namespace, they are kept in this one.
    metadata: { generateName: `${name}-`, namespace: namespace ?? 'default' },
    eventTime: microTime(nowMs),
    reportingController: 'kavka.dev/operator',
    reportingInstance: instance.slice(0, 128),
    type,
    reason,
    action,
    regarding: {
      apiVersion,
      kind,
      name,
      namespace,
      uid,
      resourceVersion,
    },
    note: cut(note, longestNoteBytes),
  }
}

const longestNoteBytes = 1_024

/** The beginning of a text that has at most so many bytes in UTF-8, whole characters only. */
function cut(text: string, maxBytes: number): string {
  const bytes = new TextEncoder().encode(text)
  if (bytes.length <= maxBytes) return text
  const end = '...'
  // What is left of a character that was cut through is left out.
  const decoded = new TextDecoder().decode(bytes.subarray(0, maxBytes - end.length), {
    stream: true,
  })
  return `${decoded}${end}`
}
