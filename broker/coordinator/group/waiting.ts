/** Requests of members that are answered later, at most one for each. */
export class Waiting<A> {
  private readonly tryAgain: (memberId: string) => A
  private readonly told = new Map<string, (answer: A) => void>()

  /** @param tryAgain What an older request of the same member is told, which it gave up. */
  constructor(tryAgain: (memberId: string) => A) {
    this.tryAgain = tryAgain
  }

  get size(): number {
    return this.told.size
  }

  has(memberId: string): boolean {
    return this.told.has(memberId)
  }

  add(memberId: string, tell: (answer: A) => void): void {
    this.answer(memberId, this.tryAgain(memberId))
    this.told.set(memberId, tell)
  }

  /** @returns Whether somebody waited. */
  answer(memberId: string, answer: A): boolean {
    const tell = this.told.get(memberId)
    this.told.delete(memberId)
    tell?.(answer)
    return tell !== undefined
  }

  answerAll(answerFor: (memberId: string) => A): void {
    for (const memberId of this.told.keys()) this.answer(memberId, answerFor(memberId))
  }
}
