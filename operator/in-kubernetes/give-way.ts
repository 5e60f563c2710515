/**
 * For how long an operator that does not read a log leaves the Lease to others: longer than a standby takes
 * that has to hear of it.
 */
export const giveWayMs = 5_000
/** Each time the controllers of all clusters are away for a moment; and the other may have crashed since. */
export const giveWayAgainMs = 20_000
