import { join } from 'node:path'
import { kafkaClassPath } from '../../scripts/kafka/jars.ts'
import { run } from './tools.ts'

/** Runs a program beside this file, on the class path of Kafka's broker and tools. @returns Its lines. */
export function runProgram(program: string, args: readonly string[]): Promise<string[]> {
  const source = join(import.meta.dirname, 'java', program)
  return linesOf(['-cp', kafkaClassPath('broker'), source, ...args])
}

/** Runs one of Kafka's own tools by its class. */
export function runTool(className: string, args: readonly string[]): Promise<string[]> {
  return linesOf(['-cp', kafkaClassPath('broker'), className, ...args])
}

/** What became of one of Kafka's tools: its exit code, and what it said. */
export type ToolRun = { readonly code: number; readonly output: string }

/**
 * Runs several of Kafka's own tools, one after the other, in one process.
 *
 * @param tools Of each its class, its arguments, and what it gets on stdin: a word behind a `<`.
 */
export async function runTools(tools: readonly (readonly string[])[]): Promise<ToolRun[]> {
  const source = join(import.meta.dirname, 'java/RunTools.java')
  const input = tools.map((words) => `${words.join('\t').replaceAll('\n', '\\n')}\n`).join('')
  const args = ['-cp', kafkaClassPath('broker'), source]
  return (await linesOf(args, input)).map((line) => JSON.parse(line) as ToolRun)
}

async function linesOf(args: readonly string[], input = ''): Promise<string[]> {
  const small = ['-Xmx256m', '-XX:TieredStopAtLevel=1']
  const printed = (await run('java', [...small, ...args], { input })).toString()
  return printed.split('\n').filter((line) => line !== '')
}
