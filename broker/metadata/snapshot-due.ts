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
