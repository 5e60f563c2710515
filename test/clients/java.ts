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

async function linesOf(args: readonly string[]): Promise<string[]> {
  const printed = (await run('java', ['-Xmx256m', '-XX:TieredStopAtLevel=1', ...args])).toString()
  return printed.split('\n').filter((line) => line !== '')
}
