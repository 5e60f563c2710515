/** Those who wait until something has come about. What they wait for is looked at when it may have. */
export class Waiters<T> {
  readonly #waiting = new Map<
    Promise<T>,
    { look: () => T | undefined; settle: (value: T) => void }
  >()

  /** @param look What it settles with, once there is something. Not asked at once. */
  wait(look: () => T | undefined): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<T>()
    this.#waiting.set(promise, { look, settle: resolve })
    return promise
  }

  look(): void {
    for (const [promise, { look }] of this.#waiting) {
      const value = look()
      if (value !== undefined) this.settle(promise, value)
    }
  }

  settle(promise: Promise<T>, value: T): void {
    this.#waiting.get(promise)?.settle(value)
    this.#waiting.delete(promise)
  }

  settleAll(value: T): void {
    for (const promise of this.#waiting.keys()) this.settle(promise, value)
  }
}
