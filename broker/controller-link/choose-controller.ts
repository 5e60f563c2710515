import type { Address } from '../net/network-error.ts'

/** A controller that answers as the active one. */
export type SeenController = {
  readonly address: Address
  /** -1 where it does not say. */
  readonly epoch: number
}

/**
 * Which controller to follow: the one with the highest epoch. One that was deposed and does not know
 * it still answers, and would hold brokers for ever (safety rules, case 9). Of two with the same
 * epoch nothing is won by a change.
 *
 * @param following The one that is followed now.
 * @returns Undefined where none is active.
 */
export function chooseController(
  seen: readonly SeenController[],
  following?: SeenController,
): Address | undefined {
  let best = following
  for (const one of seen) {
    if (best === undefined || one.epoch > best.epoch) best = one
  }
  return best?.address
}
