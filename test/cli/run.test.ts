import { expect, test } from 'vitest'
import type { Commands } from '../../cli/commands.ts'
import { run } from '../../cli/run.ts'
import packageJson from '../../package.json' with { type: 'json' }

const commands: Commands = {
  echo: {
    summary: 'print the arguments',
    load: async () => ({
      run(args, { print }) {
        print(args.join(' '))
        return 3
      },
    }),
  },
}

test.each([[], ['help'], ['--help'], ['-h']])(
  'the usage lists every command: kavka %s',
  async (...args) => {
    const { code, printed } = await runHere(args)

    expect(printed[0]).toContain('usage: kavka COMMAND')
    expect(printed[0]).toMatch(/^ {2}echo +print the arguments$/m)
    expect(printed[0]).toMatch(/^ {2}help +/m)
    expect(code).toBe(0)
  },
)

test.each(['version', '--version', '-v'])(
  'kavka %s prints the version and that of Node',
  async (arg) => {
    const { code, printed } = await runHere([arg])

    expect(printed).toEqual([`kavka ${packageJson.version} (Node ${process.versions.node})`])
    expect(code).toBe(0)
  },
)

test('a command gets the arguments after its name, and its exit code counts', async () => {
  const { code, printed } = await runHere(['echo', 'a', '--version'])

  expect(printed).toEqual(['a --version'])
  expect(code).toBe(3)
})

test.each(['nope', 'constructor', '--nope'])(
  'what is no command is one complaint: kavka %s',
  async (name) => {
    const { code, printed, complained } = await runHere([name])

    expect(complained).toEqual([`kavka: there is no command '${name}'; 'kavka help' lists them`])
    expect(printed).toEqual([])
    expect(code).toBe(2)
  },
)

async function runHere(args: string[]) {
  const printed: string[] = []
  const complained: string[] = []
  const terminal = {
    print: (line: string) => void printed.push(line),
    complain: (line: string) => void complained.push(line),
  }
  const code = await run(args, terminal, commands)
  return { code, printed, complained }
}
