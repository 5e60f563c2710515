import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Terminal } from '../command.ts'
import { defaultDataDirectory } from '../up/arguments.ts'
import { currentStatus } from '../up/current-status.ts'
import { statusLines } from '../up/status-lines.ts'

const usage = `usage: kavka status [--data-dir DIR] [--json]

What runs of what 'kavka up' started: brokers, topics with their leaders, and what is wrong.`

/** `kavka status`: 0, and 1 where nothing was ever started. */
export function run(args: readonly string[], terminal: Terminal): number {
  let values: { 'data-dir'?: string; json?: boolean; help?: boolean }
  try {
    const dataDirectory = { type: 'string' } as const
    const flag = { type: 'boolean' } as const
    const options = {
      'data-dir': dataDirectory,
      json: flag,
      help: { ...flag, short: 'h' },
    } as const
    values = parseArgs({ args: [...args], options }).values
  } catch (error) {
    terminal.complain(`kavka status: ${(error as Error).message.split('. ')[0]}`)
    return 2
  }
  if (values.help === true) {
    terminal.print(usage)
    return 0
  }
  const dataDirectory = resolve(values['data-dir'] ?? defaultDataDirectory())
  const current = currentStatus(dataDirectory)
  if (current === undefined) {
    terminal.complain(`kavka status: ${dataDirectory} has no status: 'kavka up DIR' writes it`)
    return 1
  }
  if (values.json === true) terminal.print(JSON.stringify(current.status, null, 2))
  else for (const line of statusLines(current)) terminal.print(line)
  return 0
}
