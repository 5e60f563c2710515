import { realClock as clock } from '../../lib/clock.ts'
import { counted } from '../../lib/wording.ts'
import { Cluster } from '../client/cluster.ts'
import { Consumer } from '../client/consume/consumer.ts'
import { WatchedTopic } from '../client/watched-topic.ts'
import type { Streams } from '../streams.ts'
import { unrepeated } from '../unrepeated.ts'
import type { ConsumeArguments } from './arguments.ts'
import { type ConsumeWork, consumeInGroup } from './consume-in-group.ts'
import { Printer } from './printer.ts'

/**
 * Prints records until there were enough, there is no end of waiting, or somebody interrupts.
 *
 * @param complain What a person is to know meanwhile.
 * @throws {ClientError}
 */
export async function runConsume(
  options: ConsumeArguments,
  streams: Streams,
  complain: (line: string) => void,
): Promise<void> {
  const { topic: name, bootstrap, partition, group } = options
  const cluster = new Cluster(bootstrap, clock)
  try {
    const topic = await WatchedTopic.find({ cluster, clock, name, mayBeMade: false })
    if (partition !== undefined) topic.checkHas(partition)
    const printer = new Printer(options, { write: streams.write, clock })
    const stopped = AbortSignal.any([streams.interruption(), printer.timedOut])
    const { isTerminal } = streams
    const say = isTerminal.stderr ? complain : () => {}
    const work = { options, cluster, topic, clock, printer, stopped, warn: unrepeated(complain) }
    try {
      await (group === undefined ? consumeAlone(work) : consumeInGroup(group, { ...work, say }))
    } finally {
      printer.close()
      say(`${counted(printer.count, 'record')} read`)
    }
  } finally {
    cluster.close()
  }
}

async function consumeAlone({ options, printer, stopped, ...reads }: ConsumeWork): Promise<void> {
  const { partition, maxMessages } = options
  const consumer = new Consumer({
    ...options,
    ...reads,
    partitions: partition === undefined ? undefined : [partition],
    offsets: new Map(),
    first: reads.topic.now.partitions.map(({ id }) => id),
    maxRecords: maxMessages,
    onRecords: (...got) => printer.print(...got),
  })
  stopped.addEventListener('abort', () => consumer.stop())
  printer.awaitMore()
  await consumer.run()
}
