import { epochText, type MetadataPosition } from '../metadata/position.ts'
import type { Address } from '../net/network-error.ts'
import { LinkError } from './link-error.ts'

/** A controller that answers as the active one, and where its log ends. */
export type SeenController = MetadataPosition & { readonly address: Address }

type Epoch = Pick<MetadataPosition, 'epoch' | 'incarnationId'>

/**
 * Which controller to follow: the one with the highest epoch. One that was deposed and does not know
 * it still answers, and would hold brokers for ever (safety rules, case 9). Of two with the same
 * epoch nothing is won by a change.
 *
 * @param known The highest epoch that this broker knows: nobody of an earlier one is followed, nor of
 *   another with its number.
 * @param following The one that is followed now, in that epoch.
 * @returns Undefined where there is none.
 */
export function chooseController(
  seen: readonly SeenController[],
  known: Epoch,
  following?: Address,
): Address | undefined {
  let best = following && { address: following, epoch: known.epoch }
  for (const one of seen) {
    if (standingOf(one, known) !== 'current') continue
    if (best === undefined || one.epoch > best.epoch) best = one
  }
  return best?.address
}

/** @throws {LinkError} Superseded, Diverged: this controller is not to be followed. */
export function checkStanding(theirs: Epoch, known: Epoch): void {
  const standing = standingOf(theirs, known)
  if (standing === 'current') return
  const what = `the controller has epoch ${epochText(theirs)}, this broker knows ${epochText(known)}`
  if (standing === 'deposed') throw new LinkError('Superseded', `${what}: another one took over`)
  throw new LinkError('Diverged', `${what}: they are not of the same log`)
}

/** The same number is given out twice only where the log was restored from a backup. */
function standingOf(theirs: Epoch, known: Epoch): 'current' | 'deposed' | 'diverged' {
  if (theirs.epoch !== known.epoch) return theirs.epoch < known.epoch ? 'deposed' : 'current'
  return theirs.incarnationId === known.incarnationId ? 'current' : 'diverged'
}
