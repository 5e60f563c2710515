import type { AbortedTransaction } from '../transaction-index.ts'

/**
 * Which transactions are met on a way through the log: data of aborted ones may go, and a marker
 * when no batch of its transaction was seen before it. So the way begins at the log's first batch
 * (or, for finding what was aborted only, anywhere), and all that it meets is shown here in order.
 */
export class CleanedTransactions {
  /** By first offset; those before were met. */
  private expected: AbortedTransaction[] = []
  /** By producer. */
  private readonly aborted = new Map<number, { transaction: AbortedTransaction; seen: boolean }>()
  /** Producers with data of a transaction that was not aborted. */
  private readonly committed = new Set<number>()

  /** Tells of aborted transactions ahead. One may be told twice, before it ends. */
  expect(transactions: readonly AbortedTransaction[]): void {
    if (transactions.length === 0) return
    this.expected = [...this.expected, ...transactions].sort(
      (a, b) => a.firstOffset - b.firstOffset,
    )
  }

  /** @returns Whether this batch of records belongs to an aborted transaction. */
  meetData({ producerId, lastOffset, isTransactional }: DataBatch): boolean {
    this.meetExpected(lastOffset)
    if (!isTransactional) return false
    const aborted = this.aborted.get(producerId)
    if (aborted === undefined) {
      this.committed.add(producerId)
      return false
    }
    aborted.seen = true
    return true
  }

  /** @param type Undefined for a control batch of a kind that is not known, which is kept. */
  meetMarker({ producerId, lastOffset, type }: Marker): MarkerFate {
    this.meetExpected(lastOffset)
    switch (type) {
      case 'abort': {
        const aborted = this.aborted.get(producerId)
        this.aborted.delete(producerId)
        if (aborted?.seen === true) return { isIdle: false, aborted: aborted.transaction }
        return { isIdle: true }
      }
      case 'commit':
        return { isIdle: !this.committed.delete(producerId) }
      case 'emptied':
        return { isIdle: true }
      case undefined:
        return { isIdle: false }
    }
  }

  private meetExpected(lastOffset: number): void {
    const { expected } = this
    let count = 0
    for (; count < expected.length; count++) {
      const transaction = expected[count] as AbortedTransaction
      if (transaction.firstOffset > lastOffset) break
      const open = this.aborted.get(transaction.producerId)?.transaction
      if (open !== undefined && open.lastOffset >= transaction.firstOffset) continue // told twice
      this.aborted.set(transaction.producerId, { transaction, seen: false })
    }
    if (count > 0) this.expected = expected.slice(count)
  }
}

export type DataBatch = {
  readonly producerId: number
  readonly lastOffset: number
  readonly isTransactional: boolean
}

export type Marker = {
  readonly producerId: number
  readonly lastOffset: number
  /** `emptied`: compaction has taken the marker, and kept the batch for its header. */
  readonly type: 'abort' | 'commit' | 'emptied' | undefined
}

export type MarkerFate = {
  /** Nothing is left of its transaction: it may go, once readers had time to see it. */
  readonly isIdle: boolean
  /** What a new transaction index has to say still, because there is data of it. */
  readonly aborted?: AbortedTransaction
}
