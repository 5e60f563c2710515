import { KafkaError } from '../broker/protocol/errors.ts'
import type { Readiness } from './condition.ts'
import { ReconcileError } from './reconcile-error.ts'

/** How a resource is after a reconciliation that failed. @returns Undefined for our own mistakes. */
export function readinessAfter(error: unknown): Readiness | undefined {
  if (error instanceof ReconcileError) {
    return { status: 'False', reason: error.reason, message: error.message }
  }
  return error instanceof KafkaError ? notDecided(error) : undefined
}

/** It passes by itself: it is tried again. */
export function notDecided({ message }: Error): Readiness {
  return { status: 'Unknown', reason: 'NotDecided', message }
}
