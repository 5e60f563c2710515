import { microTime } from '../../../../lib/clock.ts'
import type { KubeObject } from '../requests/kube-object.ts'
import type { Kind } from '../requests/paths.ts'
import type { LeaseRecord } from './lease-state.ts'

export const leaseKind: Kind = {
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  plural: 'leases',
}

export type Lease = KubeObject & { readonly spec?: LeaseSpec }

/** Of a patch: what is left out stays. */
export type LeaseSpec = {
  readonly holderIdentity?: string
  readonly leaseDurationSeconds?: number
  readonly leaseTransitions?: number
  readonly acquireTime?: string
  readonly renewTime?: string
}

/** @param durationMs Where the Lease itself does not say. */
export function leaseRecord({ metadata, spec = {} }: Lease, durationMs: number): LeaseRecord {
  const { holderIdentity = '', leaseDurationSeconds, leaseTransitions = 0 } = spec
  return {
    version: metadata.resourceVersion,
    holder: holderIdentity,
    durationMs: leaseDurationSeconds === undefined ? durationMs : leaseDurationSeconds * 1_000,
    transitions: leaseTransitions,
  }
}

/** Of a Lease that is made, or taken from somebody. */
export function takenSpec(
  { identity, durationMs, nowMs }: { identity: string; durationMs: number; nowMs: number },
  transitions: number,
): LeaseSpec {
  return {
    holderIdentity: identity,
    leaseDurationSeconds: Math.ceil(durationMs / 1_000),
    acquireTime: microTime(nowMs),
    renewTime: microTime(nowMs),
    leaseTransitions: transitions,
  }
}

export function renewedSpec(nowMs: number): LeaseSpec {
  return { renewTime: microTime(nowMs) }
}

/** Of one that is let go of. The API server demands a duration; nobody waits for it. */
export function releasedSpec(nowMs: number): LeaseSpec {
  return { holderIdentity: '', leaseDurationSeconds: 1, renewTime: microTime(nowMs) }
}
