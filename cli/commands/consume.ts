import { runClientCommand } from '../client-command.ts'
import type { Terminal } from '../command.ts'
import { consumeUsage, parseConsumeArguments } from '../consume/arguments.ts'
import { runConsume } from '../consume/run-consume.ts'
import { processStreams, type Streams } from '../streams.ts'

/** `kavka consume TOPIC`: prints the values of records. */
export function run(
  args: readonly string[],
  terminal: Terminal,
  streams: Streams = processStreams,
): Promise<number> {
  return runClientCommand({ name: 'consume', usage: consumeUsage, args }, terminal, (tell) =>
    runConsume(parseConsumeArguments(args), streams, tell),
  )
}
