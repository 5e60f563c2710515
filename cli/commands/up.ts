import type { Terminal } from '../command.ts'
import { parseUpArguments, upUsage } from '../up/arguments.ts'
import { runUp } from '../up/run-up.ts'
import { UsageError } from '../usage-error.ts'

/** `kavka up DIR`: runs what a directory of manifests says, on this machine. */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    terminal.print(upUsage)
    return 0
  }
  try {
    return await runUp(parseUpArguments(args), terminal)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    terminal.complain(`kavka up: ${error.message}; 'kavka up --help' says more`)
    return 2
  }
}
