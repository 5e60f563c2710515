/** Asked between pieces of work, so that a cleaning never holds up anything for long. */
export type Pace = {
  /** Lets others have their turn; a throttle may wait here too. */
  pause(): Promise<void>
  /** Whether the log is cut off, deleted or closed: then the cleaning ends. */
  isCancelled(): boolean
}

/** The cleaning was told to end. Segments that were replaced so far stay replaced. */
export class CleaningCancelled extends Error {
  override readonly name = 'CleaningCancelled'

  constructor() {
    super('the cleaning was cancelled')
  }
}

/** Says when a piece of work was enough. */
export class Pacer {
  private readonly pace: Pace
  private readonly pieceBytes: number
  private bytes = 0

  constructor(pace: Pace, pieceBytes: number) {
    this.pace = pace
    this.pieceBytes = pieceBytes
  }

  /** @returns Whether to `rest` now. */
  worked(bytes: number): boolean {
    this.bytes += bytes
    return this.bytes >= this.pieceBytes
  }

  async rest(): Promise<void> {
    this.bytes = 0
    this.check()
    await this.pace.pause()
    this.check()
  }

  /** @throws {CleaningCancelled} */
  check(): void {
    if (this.pace.isCancelled()) throw new CleaningCancelled()
  }
}
