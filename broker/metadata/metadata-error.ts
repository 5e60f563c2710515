/** Why the metadata log, or a copy of it, cannot be read on. Stable words, in logs and metrics. */
export type MetadataProblem =
  | 'UnknownRecord' // a record or version of a newer kavka: this one must not go on without it
  | 'UnknownFeature' // a feature level that is not known here
  | 'Malformed' // bytes that are no batch or no record
  | 'Inconsistent' // a record that cannot follow what came before it
  | 'Gap' // a batch that does not begin where the log ends
  | 'Diverged' // another log: its epochs are not those of this one
  | 'Incomplete' // a snapshot without its end

/**
 * The reader of the metadata log stops here. Images of all who read it must be equal at equal
 * offsets, so nothing is ever skipped: not even what only a newer version understands.
 */
export class MetadataError extends Error {
  override readonly name = 'MetadataError'
  readonly problem: MetadataProblem

  constructor(problem: MetadataProblem, message: string, options?: ErrorOptions) {
    super(message, options)
    this.problem = problem
  }

  /** Whether a newer version of kavka would read on. */
  get isOfNewer(): boolean {
    return this.problem === 'UnknownRecord' || this.problem === 'UnknownFeature'
  }
}
