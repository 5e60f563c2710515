/** What there is of racks and connections when a connection is lost. */
export type Surroundings = {
  /** Null: nobody knows. */
  readonly rackOf: (brokerId: number) => string | null
  /** Brokers whose connections are there. */
  readonly connected: Iterable<number>
}

/**
 * Whom to blame for a connection that is lost: the one broker that had it, or what it shares with
 * others, as the network of this process is (safety rules, case 8). Pure: time comes in.
 */
export class RecentDrops {
  /** By broker. */
  private readonly droppedMs = new Map<number, number>()
  private stalledMs = Number.NEGATIVE_INFINITY

  dropped(brokerId: number, nowMs: number): void {
    this.droppedMs.set(brokerId, nowMs)
  }

  /** Its process is dead, which says nothing of the others. */
  explained(brokerId: number): void {
    this.droppedMs.delete(brokerId)
  }

  /** This process stood still: whatever is seen soon after may have come of that. */
  stalled(nowMs: number): void {
    this.stalledMs = nowMs
  }

  /**
   * Whether what was lost within the last second was one broker's, or those of one rack while brokers
   * of another have theirs.
   */
  isOfOne(nowMs: number, { rackOf, connected }: Surroundings): boolean {
    if (nowMs - this.stalledMs < recentMs) return false
    for (const [brokerId, atMs] of this.droppedMs) {
      if (nowMs - atMs >= recentMs) this.droppedMs.delete(brokerId)
    }
    if (this.droppedMs.size <= 1) return true
    const racks = new Set<string | null>()
    for (const brokerId of this.droppedMs.keys()) {
      racks.add(rackOf(brokerId))
      if (racks.size > 1 || racks.has(null)) return false
    }
    // Where all brokers stand in one rack it tells nothing.
    for (const brokerId of connected) {
      const rack = rackOf(brokerId)
      if (rack !== null && !racks.has(rack)) return true
    }
    return false
  }
}

const recentMs = 1_000
