import { compressionTypes } from '../../broker/protocol/records/layout.ts'
import { run } from '../../test/clients/tools.ts'
import { type FixtureRecord, fromBase64, toBase64 } from '../../test/support/batch-fixtures.ts'
import type { ForeignProducer, Job } from './producer.ts'

/**
 * kcat takes a record from each line, the same headers for all of them, and no timestamps. A line
 * without a delimiter has no key; there are no null values beside empty ones.
 */
export const kcat: ForeignProducer = {
  name: 'kcat',
  async version() {
    const printed = (await run('kcat', ['-V'])).toString()
    const [, own, librdkafka] = /Version (\S+).*librdkafka (\S+)/s.exec(printed) ?? []
    return `${own} (librdkafka ${librdkafka})`
  },
  compressions: compressionTypes,
  sent(records) {
    const own = records.filter(({ value }) => value !== null)
    const headers = records.find((record) => record.headers.length > 0)?.headers ?? []
    const text = headers.filter(([, value]) => isText(value))
    return own.map(({ key, value }, offset) => ({ offset, key, value, headers: text }))
  },
  async produce(bootstrapServers, jobs) {
    for (const job of jobs) {
      const to = ['-b', bootstrapServers, '-t', job.topic, '-z', job.compression]
      const args = ['-P', '-q', ...to, '-K', delimiter, ...headersOf(job), ...settings(job)]
      await run('kcat', args, { input: Buffer.concat(job.records.map(lineOf)) })
    }
  },
}

const delimiter = ':'

function lineOf({ key, value }: FixtureRecord): Buffer {
  const start = key === null ? [] : [fromBase64(key) as Buffer, Buffer.from(delimiter)]
  return Buffer.concat([...start, fromBase64(value) as Buffer, Buffer.from('\n')])
}

function headersOf({ records }: Job): string[] {
  const headers = records[0]?.headers ?? []
  return headers.flatMap(([key, value]) => {
    return ['-H', value === null ? key : `${key}=${fromBase64(value)?.toString('utf8')}`]
  })
}

function settings({ idempotent, records }: Job): string[] {
  // One batch: it goes when it has all records. At the end of its input kcat does not flush.
  const oneBatch = ['linger.ms=60000', `batch.num.messages=${records.length}`]
  const all = ['client.id=kcat', `enable.idempotence=${idempotent}`, ...oneBatch]
  return all.flatMap((setting) => ['-X', setting])
}

/** What is no text cannot be an argument of a process. */
function isText(value: string | null): boolean {
  return value === null || toBase64(Buffer.from(`${fromBase64(value)}`)) === value
}
