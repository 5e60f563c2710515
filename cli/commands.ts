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

export type Commands = Record<string, { summary: string; load(): Promise<Command> }>

/** All commands by name. A command's file is loaded only when that command is called. */
export const commands: Commands = {
  protocol: {
    summary: "list the APIs of Kafka's protocol, or print a message from its bytes",
    load: () => import('./commands/protocol.ts'),
  },
}
