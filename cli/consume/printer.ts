import type { Clock, Timer } from '../../lib/clock.ts'
import type { ConsumedRecord } from '../client/consume/fetched-records.ts'
import type { Streams } from '../streams.ts'
import type { ConsumeArguments } from './arguments.ts'
import { linesOf } from './record-text.ts'

/** Prints records, counts them, and knows when none came for too long. */
export class Printer {
  count = 0
  private readonly options: Pick<ConsumeArguments, 'layout' | 'timeoutMs'>
  private readonly write: Streams['write']
  private readonly clock: Clock
  private readonly late = new AbortController()
  private timeout: Timer | undefined

  constructor(
    options: Pick<ConsumeArguments, 'layout' | 'timeoutMs'>,
    { write, clock }: { write: Streams['write']; clock: Clock },
  ) {
    this.options = options
    this.write = write
    this.clock = clock
  }

  /** Aborted after too long without a record, from when they were awaited. */
  get timedOut(): AbortSignal {
    return this.late.signal
  }

  /** @returns What to wait for before more is printed. */
  print(partition: number, records: readonly ConsumedRecord[]): Promise<unknown> | undefined {
    this.count += records.length
    this.awaitMore()
    return this.write(linesOf(partition, records, this.options.layout))
  }

  /** From now on records can come. */
  awaitMore(): void {
    const { timeoutMs } = this.options
    if (timeoutMs === undefined) return
    this.timeout?.cancel()
    this.timeout = this.clock.timer(timeoutMs, () => this.late.abort())
  }

  close(): void {
    this.timeout?.cancel()
  }
}
