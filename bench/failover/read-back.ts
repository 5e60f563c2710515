import { join } from 'node:path'
import { run } from '../../test/clients/tools.ts'
import { type ClientName, javaArgs } from './client-process.ts'

/**
 * All numbers in partition 0 of a topic by offset, read by another client than the one that wrote them.
 *
 * @param from.by The beginning of a command that runs it somewhere else on this machine.
 */
export async function readBack(
  writer: ClientName,
  from: { bootstrapServers: string; topic: string; by?: readonly string[] },
): Promise<number[]> {
  const { bootstrapServers, topic, by = [] } = from
  const [command = '', ...args] = [
    ...by,
    ...(writer === 'java'
      ? ['kcat', '-C', '-b', bootstrapServers, '-t', topic, '-p', '0', ...toTheEnd]
      : ['java', ...javaArgs(), readBackProgram, bootstrapServers, topic]),
  ]
  const printed = await run(command, args)
  return printed.toString().trimEnd().split('\n').map(Number)
}

const toTheEnd = ['-o', 'beginning', '-e', '-q']
const readBackProgram = join(import.meta.dirname, 'clients/ReadBack.java')
