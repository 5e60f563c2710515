import type { PlanKind } from '../plans.ts'

/** A place where the product's text is another. */
export type Edit = {
  readonly file: string
  /** It is there once. */
  readonly from: string
  readonly to: string
}

/** A rule of the product that is taken out, as a change of its text. */
export type Mutant = Edit & {
  readonly name: string
  /** Where another rule guards against the same, that is taken out too. */
  readonly also?: readonly Edit[]
  /** Left out: the usual one. `replicas` is the model of one partition. */
  readonly plan?: PlanKind | 'replicas'
  /** What breaks then. */
  readonly breaks: readonly string[]
}

/** What was committed or acknowledged is gone, in one way or another. */
export const lost = [
  'AcknowledgedLost',
  'MemberLacks',
  'CommittedDiffers',
  'OffsetNamesTwo',
  'SequenceBroken',
  'SetAside',
  'Halted',
] as const

/** An invariant of the product's own. */
export const refused = ['Exception', 'UnhandledRejection'] as const
