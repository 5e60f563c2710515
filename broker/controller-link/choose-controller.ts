/** A controller that answers as the active one, by its place in the list of addresses. */
export type SeenController = {
  readonly index: number
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
): number | undefined {
  let best = following
  for (const one of seen) {
    if (best === undefined || one.epoch > best.epoch) best = one
  }
  return best?.index
}
