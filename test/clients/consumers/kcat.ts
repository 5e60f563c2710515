import { compressionTypes } from '../../../broker/protocol/records/layout.ts'
import { type FixtureRecord, toBase64 } from '../../support/batch-fixtures.ts'
import { run, whyNoKcat } from '../tools.ts'
import type { ForeignConsumer } from './consumer.ts'

/** kcat without a group: Debian 12 has 1.7.1 with librdkafka 2.0.2. */
export const kcat: ForeignConsumer = {
  name: 'kcat',
  compressions: compressionTypes,
  whyMissing: whyNoKcat,
  async consume({ bootstrapServers, topic, count, signal }) {
    const from = ['-b', bootstrapServers, '-t', topic, '-p', '0', '-o', 'beginning']
    const args = ['-C', ...from, '-c', `${count}`, '-e', '-q', '-J', '-X', 'client.id=kcat']
    const printed = await run('kcat', args, signal && { signal })
    // Its JSON has the bytes as they are, so as latin1 every character is one byte.
    const lines = printed.toString('latin1').split('\n')
    return lines.filter((line) => line !== '').map(parseLine)
  },
}

type Line = {
  offset: number
  ts: number
  key: string | null
  payload: string | null
  /** Keys and values in turn. */
  headers?: (string | null)[]
}

function parseLine(line: string): FixtureRecord {
  const { offset, ts, key, payload, headers = [] } = JSON.parse(line) as Line
  const pairs: FixtureRecord['headers'] = []
  for (let i = 0; i < headers.length; i += 2) {
    pairs.push([bytesOf(headers[i] as string).toString('utf8'), base64Of(headers[i + 1] ?? null)])
  }
  return { offset, timestamp: ts, key: base64Of(key), value: base64Of(payload), headers: pairs }
}

function base64Of(text: string | null): string | null {
  return text === null ? null : toBase64(bytesOf(text))
}

function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}
