import type { Address } from '../../broker/net/network-error.ts'
import { parseAddresses } from '../client/addresses.ts'
import type { Isolation } from '../client/consume/leader.ts'
import type { Start } from '../client/consume/positions.ts'
import { choice, readTopicOptions, wholeNumber } from '../read-options.ts'
import { UsageError } from '../usage-error.ts'
import type { Layout } from './record-text.ts'

export type ConsumeArguments = {
  readonly topic: string
  readonly bootstrap: readonly Address[]
  readonly group: string | undefined
  readonly start: Start
  readonly partition: number | undefined
  readonly isolation: Isolation
  readonly stopsAtEnd: boolean
  readonly maxMessages: number
  /** Without a record. */
  readonly timeoutMs: number | undefined
  readonly layout: Layout
}

export const consumeUsage = `usage: kavka consume TOPIC [OPTIONS]

Prints the values of records, one on each line, from now on until Ctrl-C.

  --bootstrap-server HOST:PORT[,HOST:PORT]  brokers to begin with (localhost:9092)
  --from-beginning       also what is there already
  --partition N          this partition alone
  --offset N             from this offset on, in the partition that is given
  --max-messages N       end after so many records
  --timeout-ms N         end when none came for so long
  --exit-at-end          end when there is no more to read
  --isolation LEVEL      read_uncommitted, or read_committed: only what is committed
  --print-timestamp, --print-partition, --print-offset, --print-headers, --print-key
                         before the value, in this order
  --key-separator TEXT   what stands between them (a tab)
  --group GROUP          share the partitions with other members of a group, and go on where it has
                         committed; where it has not, begin as above. What was printed is
                         committed every 3 s and at the end
  --help                 print this`

/** @throws {UsageError} */
export function parseConsumeArguments(args: readonly string[]): ConsumeArguments {
  const { topic, values } = readTopicOptions(args, {
    'bootstrap-server': { type: 'string', default: 'localhost:9092' },
    group: { type: 'string' },
    'from-beginning': { type: 'boolean', default: false },
    partition: { type: 'string' },
    offset: { type: 'string' },
    'max-messages': { type: 'string' },
    'timeout-ms': { type: 'string' },
    'exit-at-end': { type: 'boolean', default: false },
    isolation: { type: 'string', default: 'read_uncommitted' },
    'print-timestamp': { type: 'boolean', default: false },
    'print-partition': { type: 'boolean', default: false },
    'print-offset': { type: 'boolean', default: false },
    'print-headers': { type: 'boolean', default: false },
    'print-key': { type: 'boolean', default: false },
    'key-separator': { type: 'string', default: '\t' },
  })
  const number = (name: 'partition' | 'offset' | 'max-messages' | 'timeout-ms', atLeast = 0) => {
    const text = values[name]
    return text === undefined ? undefined : wholeNumber(`--${name}`, text, atLeast)
  }
  const partition = number('partition')
  const offset = number('offset')
  if (offset !== undefined && values['from-beginning']) {
    throw new UsageError('--offset and --from-beginning do not go together')
  }
  if (offset !== undefined && partition === undefined) {
    throw new UsageError('--offset needs --partition')
  }
  if (values.group === '') throw new UsageError('--group is at least one character')
  if (values.group !== undefined && partition !== undefined) {
    throw new UsageError('--group and --partition do not go together: the group shares them out')
  }
  return {
    topic,
    bootstrap: parseAddresses(values['bootstrap-server']),
    group: values.group,
    start: offset ?? (values['from-beginning'] ? 'earliest' : 'latest'),
    partition,
    isolation: choice('--isolation', values.isolation, ['read_uncommitted', 'read_committed']),
    stopsAtEnd: values['exit-at-end'],
    maxMessages: number('max-messages', 1) ?? Number.POSITIVE_INFINITY,
    timeoutMs: number('timeout-ms', 1),
    layout: {
      separator: Buffer.from(values['key-separator']),
      timestamp: values['print-timestamp'],
      partition: values['print-partition'],
      offset: values['print-offset'],
      headers: values['print-headers'],
      key: values['print-key'],
    },
  }
}
