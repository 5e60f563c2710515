import { realClock as clock, type Timer } from '../../lib/clock.ts'
import { counted } from '../../lib/wording.ts'
import { ClientError } from '../client/client-error.ts'
import { Cluster } from '../client/cluster.ts'
import { Consumer } from '../client/consume/consumer.ts'
import type { ConsumedRecord } from '../client/consume/fetched-records.ts'
import { WatchedTopic } from '../client/watched-topic.ts'
import type { Streams } from '../streams.ts'
import { unrepeated } from '../unrepeated.ts'
import type { ConsumeArguments } from './arguments.ts'
import { linesOf } from './record-text.ts'

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
  if (group !== undefined) {
    throw new ClientError('there are no consumer groups yet: leave out --group')
  }
  const cluster = new Cluster(bootstrap, clock)
  try {
    const topic = await WatchedTopic.find({ cluster, clock, name, mayBeMade: false })
    if (partition !== undefined) topic.checkHas(partition)
    const printer = new Printer(options, streams)
    const reads = { ...options, cluster, topic, clock, warn: unrepeated(complain) }
    const consumer = new Consumer({ ...reads, onRecords: (...got) => printer.print(...got) })
    const end = AbortSignal.any([streams.interruption(), printer.done])
    end.addEventListener('abort', () => consumer.stop())
    try {
      await consumer.run()
    } finally {
      printer.close()
      if (streams.isTerminal.stderr) complain(`${counted(printer.count, 'record')} read`)
    }
  } finally {
    cluster.close()
  }
}

/** Prints records, and knows when there were enough. */
class Printer {
  count = 0
  private readonly options: ConsumeArguments
  private readonly write: Streams['write']
  private readonly enough = new AbortController()
  private timeout: Timer | undefined

  constructor(options: ConsumeArguments, { write }: Streams) {
    this.options = options
    this.write = write
    this.awaitMore()
  }

  /** Aborted after as many as were wanted, or after too long without one. */
  get done(): AbortSignal {
    return this.enough.signal
  }

  /** @returns What to wait for before more is printed. */
  print(partition: number, records: readonly ConsumedRecord[]): Promise<unknown> | undefined {
    const { maxMessages, layout } = this.options
    const wanted = records.slice(0, maxMessages - this.count)
    this.count += wanted.length
    this.awaitMore()
    const written = this.write(linesOf(partition, wanted, layout))
    if (this.count === maxMessages) this.enough.abort()
    return written
  }

  close(): void {
    this.timeout?.cancel()
  }

  private awaitMore(): void {
    const { timeoutMs } = this.options
    if (timeoutMs === undefined) return
    this.timeout?.cancel()
    this.timeout = clock.timer(timeoutMs, () => this.enough.abort())
  }
}
