import { resolve } from 'node:path'
import type { Terminal } from '../command.ts'
import { readOptions } from '../read-options.ts'
import { defaultDataDirectory } from '../up/arguments.ts'
import { currentStatus } from '../up/current-status.ts'
import { statusLines } from '../up/status-lines.ts'
import { UsageError } from '../usage-error.ts'

const usage = `usage: kavka status [--data-dir DIR] [--json]

What runs of what 'kavka up' started: brokers, topics with their leaders, and what is wrong.`

/** `kavka status`: 0, and 1 where nothing was ever started. */
export function run(args: readonly string[], terminal: Terminal): number {
  const values = optionsOf(args)
  if (values instanceof UsageError) {
    terminal.complain(`kavka status: ${values.message}`)
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

function optionsOf(args: readonly string[]) {
  const flag = { type: 'boolean' } as const
  const options = {
    'data-dir': { type: 'string' },
    json: flag,
    help: { ...flag, short: 'h' },
  } as const
  try {
    const { values, positionals } = readOptions(args, options)
    if (positionals.length > 0) throw new UsageError(`takes no arguments, found ${positionals[0]}`)
    return values
  } catch (error) {
    if (error instanceof UsageError) return error
    throw error
  }
}
