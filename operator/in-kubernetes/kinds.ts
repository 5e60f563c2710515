import type { KubeObject } from '../kube/api/requests/kube-object.ts'
import type { Kind } from '../kube/api/requests/paths.ts'

/** Those of Kubernetes that the operator makes or looks at. */
const known: readonly Kind[] = [
  { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps' },
  { apiVersion: 'v1', kind: 'Namespace', plural: 'namespaces' },
  { apiVersion: 'v1', kind: 'Node', plural: 'nodes' },
  { apiVersion: 'v1', kind: 'PersistentVolumeClaim', plural: 'persistentvolumeclaims' },
  { apiVersion: 'v1', kind: 'Pod', plural: 'pods' },
  { apiVersion: 'v1', kind: 'Secret', plural: 'secrets' },
  { apiVersion: 'v1', kind: 'Service', plural: 'services' },
  { apiVersion: 'v1', kind: 'ServiceAccount', plural: 'serviceaccounts' },
  { apiVersion: 'apps/v1', kind: 'StatefulSet', plural: 'statefulsets' },
  { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', plural: 'poddisruptionbudgets' },
  { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', plural: 'networkpolicies' },
]

/** @throws {Error} For one that is not known: our own mistake. */
export function kindNamed(name: string): Kind {
  const found = known.find(({ kind }) => kind === name)
  if (found === undefined) throw new Error(`no kind ${name} is known here`)
  return found
}

export type StatefulSet = KubeObject & {
  readonly spec: {
    readonly replicas?: number
    readonly volumeClaimTemplates?: readonly Claim[]
  }
}

export type Claim = KubeObject & {
  readonly spec?: {
    readonly resources?: { readonly requests?: { readonly storage?: string } }
  }
}

export type Secret = KubeObject & { readonly data?: Readonly<Record<string, string>> }

/** `namespace/name` */
export function keyOf({ metadata }: { metadata: { namespace?: string; name: string } }): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`
}
