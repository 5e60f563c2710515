/** Which of the small files of a data directory: Kafka's names, or the endings of them; the last is ours. */
export type SmallFile =
  | 'snapshot'
  | 'txnindex'
  | 'leader-epoch-checkpoint'
  | 'partition.metadata'
  | 'recovery-point-offset-checkpoint'
  | 'replication-offset-checkpoint'
  | 'log-start-offset-checkpoint'
  | 'cleaner-offset-checkpoint'
  | 'meta.properties'
  | '.kafka_cleanshutdown'
  | '.kavka_ground'

/**
 * A file that is not what Kafka writes, or of a version that is not known here. What that means is
 * for whoever read it to say: a snapshot or index is made again from the log, while a directory
 * whose owner cannot be read is not touched.
 */
export class CorruptFileError extends Error {
  override readonly name = 'CorruptFileError'
  readonly file: SmallFile
  /** Counted from 1; undefined where the file has no lines, or the fault is in none of them. */
  readonly line: number | undefined

  constructor(
    file: SmallFile,
    message: string,
    { line, ...options }: ErrorOptions & { line?: number } = {},
  ) {
    super(line === undefined ? `${file}: ${message}` : `${file}, line ${line}: ${message}`, options)
    this.file = file
    this.line = line
  }
}
