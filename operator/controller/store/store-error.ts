export type StoreProblem =
  | 'NotAppended' // nothing of it is there, and never will be; the store goes on
  | 'Offline' // whether it is there is not known before the store is opened again

/** An append or snapshot that failed. Not for `superseded`, which is an answer. */
export class StoreError extends Error {
  override readonly name = 'StoreError'
  readonly problem: StoreProblem

  constructor(problem: StoreProblem, message: string, options?: ErrorOptions) {
    super(message, options)
    this.problem = problem
  }
}
