/** Topics of one cluster that vanish at the same time. */
export type Vanishing = { readonly vanished: number; readonly total: number }

/**
 * Whether so many topics vanish at once that somebody hardly meant it: a branch was changed, a
 * folder was emptied, a tool pruned what it did not know. Source: safety rules, case 14.
 */
export function isMassDeletion({ vanished, total }: Vanishing): boolean {
  return vanished > Math.max(10, total / 5)
}

/** On the KafkaCluster, `"true"` for as long as it is meant. */
export const allowMassDeletion = 'kavka.dev/allow-mass-deletion'
