/** A batch of one record. Its offset is its place in the log. */
export type Stored = { readonly epoch: number; readonly value: string }

/** The log of one partition on one disk, which outlives the process. */
export type ReplicaDisk = {
  records: Stored[]
  /** All before it survives the loss of power. */
  flushedEnd: number
  /** Of the high watermark. */
  checkpoint: number
}

export function emptyReplicaDisk(): ReplicaDisk {
  return { records: [], flushedEnd: 0, checkpoint: 0 }
}

/** What is left of it when the power is lost. @param keep Of what was not flushed, 0 to 1. */
export function losePower(disk: ReplicaDisk, keep: number): void {
  const unflushed = disk.records.length - disk.flushedEnd
  disk.records.length = disk.flushedEnd + Math.floor(unflushed * keep)
}
