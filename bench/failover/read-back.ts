import { join } from 'node:path'
import { run } from '../../test/clients/tools.ts'
import { type ClientName, javaArgs } from './client-process.ts'

/** All numbers in partition 0 of a topic by offset, read by another client than the one that wrote them. */
export async function readBack(
  writer: ClientName,
  { bootstrapServers, topic }: { bootstrapServers: string; topic: string },
): Promise<number[]> {
  const printed = await (writer === 'java'
    ? run('kcat', ['-C', '-b', bootstrapServers, '-t', topic, '-p', '0', ...toTheEnd])
    : run('java', [...javaArgs(), readBackProgram, bootstrapServers, topic]))
  return printed.toString().trimEnd().split('\n').map(Number)
}

const toTheEnd = ['-o', 'beginning', '-e', '-q']
const readBackProgram = join(import.meta.dirname, 'clients/ReadBack.java')
