import type { KafkaError } from '../../protocol/errors.ts'
import type { Decision } from '../decision.ts'

/** What a change of a group has written, where nobody waits for an answer. */
export type Step = Omit<Decision<void>, 'response'>

export const nothing: Step = { records: [] }

/** Steps that were taken one after another, written together. */
export function together(steps: readonly Step[]): Step {
  const [first, ...others] = steps.filter((step) => step !== nothing)
  if (first === undefined) return nothing
  if (others.length === 0) return first
  const all = [first, ...others]
  return {
    records: all.flatMap(({ records }) => records),
    failed: (error: KafkaError) => {
      for (const { failed } of all) failed?.(error)
    },
  }
}
