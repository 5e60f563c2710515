/**
 * Whether an image is worth a snapshot: once what was logged since the last one exceeds both half a
 * megabyte and the size of that. So no more than half of what is written are snapshots, however
 * large the image, and reading a log takes at most twice as long as reading the image.
 */
export function isSnapshotDue({
  loggedBytes,
  snapshotBytes,
}: {
  loggedBytes: number
  snapshotBytes: number
}): boolean {
  return loggedBytes > Math.max(minLoggedBytes, snapshotBytes)
}

const minLoggedBytes = 512 * 1024

/**
 * How long one that is due waits. What logs much at once is a failover: until clients are served again
 * there is something better to do than to write all that there is, of which 10,000 partitions take a
 * tenth of a second in every process.
 */
export const snapshotDelayMs = 3_000
