import { ClientError } from './client/client-error.ts'
import type { Terminal } from './command.ts'
import { UsageError } from './usage-error.ts'

/**
 * Runs a command that is a client of a cluster, and says in one line what became of it.
 *
 * @param work Tells a person what goes wrong meanwhile; the same thing again is not said again.
 * @returns The exit code: 0 when done, 1 when it could not be, 2 for a wrong command line.
 */
export async function runClientCommand(
  { name, usage, args }: { name: string; usage: string; args: readonly string[] },
  { print, complain }: Terminal,
  work: (tell: (line: string) => void) => Promise<void>,
): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    print(usage)
    return 0
  }
  let said: string | undefined
  try {
    await work((line) => {
      if (line !== said) complain(`kavka ${name}: ${line}`)
      said = line
    })
    return 0
  } catch (error) {
    if (error instanceof UsageError) {
      complain(`kavka ${name}: ${error.message}; 'kavka ${name} --help' says more`)
      return 2
    }
    if (!(error instanceof ClientError)) throw error
    complain(`kavka ${name}: ${error.message}`)
    return 1
  }
}
