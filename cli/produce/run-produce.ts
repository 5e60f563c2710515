import type { Readable } from 'node:stream'
import { realClock as clock } from '../../lib/clock.ts'
import { realRandom as random } from '../../lib/random.ts'
import { counted } from '../../lib/wording.ts'
import { Cluster } from '../client/cluster.ts'
import { deliveryTimeoutMs, Producer } from '../client/produce/producer.ts'
import { initProducerId } from '../client/produce/producer-id.ts'
import { WatchedTopic } from '../client/watched-topic.ts'
import type { Streams } from '../streams.ts'
import { unrepeated } from '../unrepeated.ts'
import type { ProduceArguments } from './arguments.ts'
import { keyAndValue } from './key-and-value.ts'
import { LineSplitter } from './line-splitter.ts'

/**
 * Sends what comes in, until it ends or somebody interrupts.
 *
 * @param complain What a person is to know meanwhile.
 * @throws {ClientError} Not all of it was delivered.
 */
export async function runProduce(
  options: ProduceArguments,
  streams: Streams,
  complain: (line: string) => void,
): Promise<void> {
  const { topic: name, bootstrap, partition, acks } = options
  const cluster = new Cluster(bootstrap, clock)
  try {
    const topic = await WatchedTopic.find({ cluster, clock, name, mayBeMade: true })
    if (partition !== undefined) topic.checkHas(partition)
    const isIdempotent = acks === -1 // anything less may lose what a later one counts on
    const id = isIdempotent
      ? await initProducerId({ cluster, clock }, deliveryTimeoutMs)
      : undefined
    const producer = new Producer({
      ...options,
      cluster,
      topic,
      clock,
      random,
      id,
      warn: unrepeated(complain),
    })
    if (streams.isTerminal.stdin) complain('each line is a record; Ctrl-D ends')
    try {
      await sendAll(producer, options, streams)
    } finally {
      await producer.flush() // also what came before a line that is wrong
    }
    if (streams.isTerminal.stderr)
      complain(`${counted(producer.delivered, 'record')} sent to ${name}`)
  } finally {
    cluster.close()
  }
}

async function sendAll(
  producer: Producer,
  { keySeparator, headers }: ProduceArguments,
  { stdin, interruption }: Streams,
): Promise<void> {
  const splitter = new LineSplitter()
  let lineNumber = 0
  for await (const chunk of chunksUntil(
    AbortSignal.any([interruption(), producer.failed]),
    stdin,
  )) {
    await sendLines(splitter.push(chunk))
  }
  await sendLines(splitter.rest())

  async function sendLines(lines: readonly Uint8Array[]): Promise<void> {
    for (const line of lines) {
      const isFull = producer.send({ ...keyAndValue(line, keySeparator, ++lineNumber), headers })
      if (isFull !== undefined) await isFull
    }
  }
}

async function* chunksUntil(signal: AbortSignal, stdin: Readable): AsyncGenerator<Uint8Array> {
  const stop = () => void stdin.destroy()
  signal.addEventListener('abort', stop)
  try {
    for await (const chunk of stdin) yield chunk as Uint8Array
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
