import { join } from 'node:path'
import { kafkaClassPath } from '../../scripts/kafka/jars.ts'
import { inNode } from './clients.ts'
import { root } from './kubectl.ts'

const java = ['java', '-Xmx256m', '-XX:TieredStopAtLevel=1', '-cp', kafkaClassPath('broker')]

/** A program of `test/clients/java`, where node 1 is. */
export function javaProgram(program: string, ...args: string[]): Promise<string> {
  return inNode(1, ...java, join(root, 'test/clients/java', program), ...args)
}

/** One of Kafka's own tools, by its class, where node 1 is. */
export function kafkaTool(className: string, ...args: string[]): Promise<string> {
  return inNode(1, ...java, className, ...args)
}
