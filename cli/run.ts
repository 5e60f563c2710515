import type { Terminal } from './command.ts'
import { commands as allCommands, type Commands } from './commands.ts'
import { version } from './version.ts'

/**
 * Runs one command line, without the program's own name.
 *
 * @returns The exit code: 0 when done, 2 when the command is not known, else the command's own.
 */
export async function run(
  args: readonly string[],
  terminal: Terminal,
  commands: Commands = allCommands,
): Promise<number> {
  const [name = 'help', ...rest] = args
  if (name === 'help' || name === '--help' || name === '-h') {
    terminal.print(usage(commands))
    return 0
  }
  if (name === 'version' || name === '--version' || name === '-v') {
    terminal.print(`kavka ${version} (Node ${process.versions.node})`)
    return 0
  }
  if (!Object.hasOwn(commands, name)) {
    terminal.complain(`kavka: there is no command '${name}'; 'kavka help' lists them`)
    return 2
  }
  const command = await commands[name]!.load()
  return command.run(rest, terminal)
}

function usage(commands: Commands): string {
  const lines = Object.entries(commands).map(([name, { summary }]) => [name, summary] as const)
  lines.push(['help', 'print this'], ['version', 'print the version of kavka and of its Node'])
  const width = Math.max(...lines.map(([name]) => name.length))
  return [
    'usage: kavka COMMAND [ARGUMENTS]',
    '',
    ...lines.map(([name, summary]) => `  ${name.padEnd(width)}  ${summary}`),
  ].join('\n')
}
