import { expect, test } from 'vitest'
import { whyNoKafka } from '../../scripts/kafka/jars.ts'
import { dumpLogSegments, filesFor } from '../broker/log/dump-log-segments.ts'
import { RunningKavka } from '../support/kavka.ts'
import { runProgram } from './java.ts'

const missing = whyNoKafka()

test.skipIf(missing !== undefined)(
  "Kafka's consumer goes on where its group has committed, and Kafka's tools see the same",
  { timeout: 240_000 },
  async () => {
    await using kavka = await RunningKavka.start({ topics: { orders: { partitions: 2 } } })
    const lines = await runProgram('CommitOffsets.java', [
      kavka.bootstrapServers,
      'orders',
      'the-group',
    ])
    const said = lines.map((line) => line.trim().replaceAll(/\s+/g, ' '))
    expect(said.slice(0, 10)).toEqual([
      'committed null',
      ...[0, 1, 2, 3].map((number) => `read value-${number}`),
      expect.stringMatching(/^committed OffsetAndMetadata\{offset=4, /),
      ...[4, 5, 6, 7].map((number) => `read value-${number}`),
    ])
    const after = (command: string) => {
      const from = said.findIndex((line) => line.startsWith(`> ${command}`)) + 1
      return said.slice(
        from,
        said.findIndex((line, at) => at >= from && line.startsWith('> ')),
      )
    }
    expect(after('--list')).toEqual(['the-group'])
    expect(after('--list --state').at(-1)).toMatch(/^the-group .*Empty$/)
    const none = '- - -' // nobody is assigned to it
    expect(after('--describe --group').at(-1)).toBe(`the-group orders 0 9 10 1 ${none}`)
    expect(after('--describe --state').at(-1)).toMatch(/^the-group localhost:\d+ .* Empty 0$/)
    expect(after('--reset-offsets').at(-1)).toBe('the-group orders 0 2')
    expect(after('--describe --offsets').at(-1)).toBe(`the-group orders 0 2 10 8 ${none}`)
    expect(after('--delete-offsets').join(' ')).toContain('orders 0 Successful')
    expect(after('--delete --group').join(' ')).toMatch(/Deletion of requested .* was successful/)
    expect(said.at(-1)).toBe('> --list')

    const files = filesFor(kavka.dataDirectory, ['log']).filter((file) => {
      return file.includes('__consumer_offsets-')
    })
    const decoder = ['--offsets-decoder', '--deep-iteration']
    const { lines: dumped, complaints } = await dumpLogSegments(files, decoder)
    expect(complaints).toEqual([])
    const records = [...dumped.values()].flat().filter((line) => line.startsWith('| '))
    const offsets = records.map((line) => /"offset":(\d+)/.exec(line)?.[1] ?? 'gone')
    // The last is the group itself.
    expect(offsets).toEqual(['4', '8', '9', '2', 'gone', 'gone'])
    expect(records[2]).toContain('"group":"the-group","topic":"orders","partition":0')
    expect(records[2]).toContain('"metadata":"a note"')
  },
)
