import type { Address } from '../../broker/net/network-error.ts'
import { type CompressionType, compressionTypes } from '../../broker/protocol/records/layout.ts'
import type { RecordHeader } from '../../broker/protocol/records/record.ts'
import { quoted } from '../../lib/wording.ts'
import { parseAddresses } from '../client/addresses.ts'
import type { Acks } from '../client/produce/producer.ts'
import { choice, readTopicOptions, wholeNumber } from '../read-options.ts'
import { UsageError } from '../usage-error.ts'

export type ProduceArguments = {
  readonly topic: string
  readonly bootstrap: readonly Address[]
  /** Before its first occurrence in a line is the key. */
  readonly keySeparator: Buffer | undefined
  readonly headers: readonly RecordHeader[]
  readonly partition: number | undefined
  readonly compression: CompressionType
  readonly acks: Acks
}

export const produceUsage = `usage: kavka produce TOPIC [OPTIONS]

Sends each line of standard input as a record.

  --bootstrap-server HOST:PORT[,HOST:PORT]  brokers to begin with (localhost:9092)
  --key-separator TEXT   the key is what comes before it in a line
  --header NAME=VALUE    a header of each record; may be given several times
  --partition N          in place of what the key, or chance, decides
  --compression TYPE     none, gzip, snappy, lz4 or zstd (none)
  --acks all|1|0         who has to have a record before it counts as sent (all)
  --help                 print this`

/** @throws {UsageError} */
export function parseProduceArguments(args: readonly string[]): ProduceArguments {
  const { topic, values } = readTopicOptions(args, {
    'bootstrap-server': { type: 'string', default: 'localhost:9092' },
    'key-separator': { type: 'string' },
    header: { type: 'string', multiple: true, default: [] },
    partition: { type: 'string' },
    compression: { type: 'string', default: 'none' },
    acks: { type: 'string', default: 'all' },
  })
  const { partition, 'key-separator': separator } = values
  if (separator === '') throw new UsageError('--key-separator is at least one character')
  return {
    topic,
    bootstrap: parseAddresses(values['bootstrap-server']),
    keySeparator: separator === undefined ? undefined : Buffer.from(separator),
    headers: values.header.map(headerOf),
    partition: partition === undefined ? undefined : wholeNumber('--partition', partition),
    compression: choice('--compression', values.compression, compressionTypes),
    acks: acksByName[choice('--acks', values.acks, ['all', '1', '0', '-1'])],
  }
}

const acksByName = { all: -1, '-1': -1, '1': 1, '0': 0 } as const

function headerOf(text: string): RecordHeader {
  const at = text.indexOf('=')
  if (at < 1) throw new UsageError(`--header is NAME=VALUE, found ${quoted(text)}`)
  return { key: Buffer.from(text.slice(0, at)), value: Buffer.from(text.slice(at + 1)) }
}
