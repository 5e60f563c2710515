import { expect, test } from 'vitest'
import { run } from '../../cli/run.ts'

test.each([
  ['produce', 'say a topic'],
  ['produce orders payments', 'one topic at a time, found 2'],
  ['produce orders --color', "Unknown option '--color'"],
  ['produce orders --acks 2', '--acks is all, 1, 0 or -1, found "2"'],
  ['produce orders --acks', "Option '--acks <value>' argument missing"],
  ['produce orders --compression zip', '--compression is none, gzip, snappy, lz4 or zstd'],
  ['produce orders --partition first', '--partition is a whole number from 0 on, found "first"'],
  ['produce orders --header name', '--header is NAME=VALUE, found "name"'],
  ['produce orders --key-separator=', '--key-separator is at least one character'],
  ['produce orders --bootstrap-server kafka', '--bootstrap-server is HOST:PORT[,HOST:PORT]'],
  ['consume', 'say a topic'],
  ['consume orders --max-messages 0', '--max-messages is a whole number from 1 on, found "0"'],
  ['consume orders --offset 5', '--offset needs --partition'],
  ['consume orders --partition 0 --offset 5 --from-beginning', 'do not go together'],
  ['consume orders --group=', '--group is at least one character'],
  ['consume orders --group audit --partition 0', '--group and --partition do not go together'],
  ['consume orders --isolation none', '--isolation is read_uncommitted or read_committed'],
])('a command line that is wrong is one complaint: kavka %s', async (line, complaint) => {
  const { code, printed, complained } = await runHere(line)

  expect(complained).toEqual([expect.stringContaining(complaint)])
  expect(complained[0]).toMatch(/^kavka (produce|consume): .*; 'kavka \1 --help' says more$/)
  expect(printed).toEqual([])
  expect(code).toBe(2)
})

test.each(['produce', 'consume'])('kavka %s --help lists the options', async (name) => {
  const { code, printed } = await runHere(`${name} --help`)

  expect(printed[0]).toContain(`usage: kavka ${name} TOPIC`)
  expect(printed[0]).toContain('--bootstrap-server')
  expect(code).toBe(0)
})

async function runHere(line: string) {
  const printed: string[] = []
  const complained: string[] = []
  const terminal = {
    print: (text: string) => void printed.push(text),
    complain: (text: string) => void complained.push(text),
  }
  const code = await run(line.split(' '), terminal)
  return { code, printed, complained }
}
