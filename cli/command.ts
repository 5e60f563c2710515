/** What each file in `commands/` exports: one command of `kavka`. */
export type Command = {
  /** @returns The exit code. */
  run(args: readonly string[], terminal: Terminal): Promise<number> | number
}

/** Where a command writes: whole lines, without the line end. */
export type Terminal = {
  /** What was asked for. */
  readonly print: (line: string) => void
  /** What went wrong. */
  readonly complain: (line: string) => void
}
