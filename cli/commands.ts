import type { Command } from './command.ts'

export type Commands = Record<string, { summary: string; load(): Promise<Command> }>

/** All commands by name. A command's file is loaded only when that command is called. */
export const commands: Commands = {
  up: {
    summary: 'run a directory of manifests on this machine: brokers, topics, all of it',
    load: () => import('./commands/up.ts'),
  },
  status: {
    summary: 'what runs here: brokers, topics, and what is wrong',
    load: () => import('./commands/status.ts'),
  },
  why: {
    summary: 'what happened to a topic or partition, and why: leaders, replicas, failovers',
    load: () => import('./commands/why.ts'),
  },
  produce: {
    summary: 'send the lines of standard input to a topic',
    load: () => import('./commands/produce.ts'),
  },
  consume: {
    summary: 'print the records of a topic',
    load: () => import('./commands/consume.ts'),
  },
  protocol: {
    summary: "list the APIs of Kafka's protocol, or print a message from its bytes",
    load: () => import('./commands/protocol.ts'),
  },
}
