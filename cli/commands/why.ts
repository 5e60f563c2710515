import type { Terminal } from '../command.ts'
import { UsageError } from '../usage-error.ts'
import { parseWhyArguments, whyUsage } from '../why/arguments.ts'
import { runWhy } from '../why/run-why.ts'
import { WhyError } from '../why/why-error.ts'

/** `kavka why TOPIC[/PARTITION]`: 0, and 1 where nothing is known of it. */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    terminal.print(whyUsage)
    return 0
  }
  try {
    await runWhy(parseWhyArguments(args), terminal)
    return 0
  } catch (error) {
    if (error instanceof UsageError) {
      terminal.complain(`kavka why: ${error.message}; 'kavka why --help' says more`)
      return 2
    }
    if (!(error instanceof WhyError)) throw error
    terminal.complain(`kavka why: ${error.message}`)
    return 1
  }
}
