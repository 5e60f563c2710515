/**
 * Transactions whose marker lies at or above the high watermark: decided, but not for certain. What
 * is wanted of them is only where the first of them begins. So one is forgotten as soon as a later
 * marker ends an earlier transaction, since that one will stay for longer; both offsets then rise
 * in what is left.
 */
export class UnreplicatedTransactions {
  readonly #transactions: { readonly firstOffset: number; readonly lastOffset: number }[] = []

  get firstOffset(): number | undefined {
    return this.#transactions[0]?.firstOffset
  }

  /** @param lastOffset Of the marker, larger than any before. */
  add(transaction: { firstOffset: number; lastOffset: number }): void {
    while ((this.#transactions.at(-1)?.firstOffset ?? -1) >= transaction.firstOffset) {
      this.#transactions.pop()
    }
    this.#transactions.push(transaction)
  }

  /** Forgets those whose marker lies below the offset. */
  removeBelow(offset: number): void {
    let count = 0
    while ((this.#transactions[count]?.lastOffset ?? offset) < offset) count++
    if (count > 0) this.#transactions.splice(0, count)
  }
}
