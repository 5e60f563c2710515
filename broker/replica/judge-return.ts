/**
 * A kernel since its boot and a file system that it mounted. What was written under both is there as
 * long as they are, flushed or not: the page cache outlives a process.
 */
export type Ground = {
  /** `/proc/sys/kernel/random/boot_id` */
  readonly bootId: string
  /** Of the file system. */
  readonly device: string
}

/** What the disk says of the broker's last life. */
export type LastLife = {
  /** The broker epoch with which it closed all its logs in order; undefined: it did not. */
  readonly cleanBrokerEpoch: number | undefined
  /**
   * Undefined: it did not say, or a loss has not been told to the controller yet. Who ends before that
   * must not make the next life look whole.
   */
  readonly ground: Ground | undefined
}

/** A log as it was found. */
export type FoundLog = {
  readonly logEndOffset: number
  /** From the checkpoint of high watermarks, which is flushed. */
  readonly highWatermark: number
  /** What was found of it is on the disk now. */
  readonly isFlushed: boolean
}

/**
 * - `clean`: all logs were closed in order.
 * - `crashed`: it was not stopped, and all that it wrote is there.
 * - `unflushed-lost`: what was not flushed may be gone. The power failed, or this is another machine.
 */
export type Return = 'clean' | 'crashed' | 'unflushed-lost'

/**
 * How a broker comes back (safety rules, case 3). Who crashed keeps its seats, unlike in KIP-966, where
 * after a kill of all nobody could lead; who may have lost what was acknowledged loses them.
 *
 * @param now Undefined: the system does not say.
 */
export function judgeReturn(
  last: LastLife,
  now: Ground | undefined,
  logs: Iterable<FoundLog>,
): Return {
  if (last.cleanBrokerEpoch !== undefined) return 'clean'
  const { ground } = last
  if (ground === undefined || now === undefined) return 'unflushed-lost'
  if (ground.bootId !== now.bootId || ground.device !== now.device) return 'unflushed-lost'
  for (const { logEndOffset, highWatermark, isFlushed } of logs) {
    if (!isFlushed || logEndOffset < highWatermark) return 'unflushed-lost'
  }
  return 'crashed'
}
