import { runClientCommand } from '../client-command.ts'
import type { Terminal } from '../command.ts'
import { parseProduceArguments, produceUsage } from '../produce/arguments.ts'
import { runProduce } from '../produce/run-produce.ts'
import { processStreams, type Streams } from '../streams.ts'

/** `kavka produce TOPIC`: sends the lines of standard input. */
export function run(
  args: readonly string[],
  terminal: Terminal,
  streams: Streams = processStreams,
): Promise<number> {
  return runClientCommand({ name: 'produce', usage: produceUsage, args }, terminal, (tell) =>
    runProduce(parseProduceArguments(args), streams, tell),
  )
}
