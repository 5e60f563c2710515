import { afterAll, beforeAll, expect, test } from 'vitest'
import { whyNoKafka } from '../../scripts/kafka/jars.ts'
import { filesFor } from '../broker/log/dump-log-segments.ts'
import { whyLater } from '../support/effort.ts'
import { RunningKavka, whyNoUp } from '../support/kavka.ts'
import { runTool } from './java.ts'
import { JavaMembers } from './java-members.ts'
import { runLines } from './tool-lines.ts'

const missing = whyNoKafka() ?? whyNoUp() ?? whyLater
const own = { timeout: 120_000, skip: missing !== undefined }

let kavka: RunningKavka
beforeAll(async () => {
  if (missing !== undefined) return
  const topics = { lines: { partitions: 1 }, verified: { partitions: 3 }, live: { partitions: 4 } }
  kavka = await RunningKavka.start({ config: { 'group.initial.rebalance.delay.ms': '0' }, topics })
}, 60_000)
afterAll(() => kavka?.[Symbol.asyncDispose](), 60_000)

function run(...lines: string[]): Promise<string[]> {
  return runLines(kavka.bootstrapServers, lines)
}

/** What the verifiable tools print, by what it tells of. */
function told(lines: readonly string[]): Map<string, Record<string, unknown>[]> {
  const objects = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line))
  return Map.groupBy(objects, ({ name }) => name)
}

test(
  'the consoles and the verifiable tools write, and groups of them read on where they were',
  own,
  async () => {
    const records = '--topic verified --acks -1 --max-messages 30 --repeating-keys 10'
    const args = `${records} --bootstrap-server ${kavka.bootstrapServers}`
    // In a process of its own, since it says only at the end of that what it has done.
    const producer = 'org.apache.kafka.tools.VerifiableProducer'
    const sent = told(await runTool(producer, args.split(' ')))
    expect(sent.get('producer_send_success')).toHaveLength(30)
    expect(sent.get('producer_send_error')).toBeUndefined()
    expect(sent.get('tool_data')).toMatchObject([{ sent: 30, acked: 30 }])

    const shown = 'print.key=true --formatter-property print.offset=true'
    const [wrote, first, second, verified, dry, shifted, third, since, all] = await run(
      'consoleProducer @ --topic lines --reader-property parse.key=true --reader-property key.separator=: < a:1\nb:2\nc:3\nd:4\ne:5\n',
      `consoleConsumer @ --topic lines --group shell --from-beginning --max-messages 3 --formatter-property ${shown}`,
      'consoleConsumer @ --topic lines --group shell --max-messages 2',
      'verifiableConsumer @ --topic verified --group-id verified --max-messages 30',
      'groups @ --reset-offsets --group verified --topic verified --to-earliest --dry-run',
      'groups @ --reset-offsets --group shell --all-topics --shift-by -1 --execute',
      'consoleConsumer @ --topic lines --group shell --max-messages 1',
      'groups @ --reset-offsets --group shell --topic lines --to-datetime 2020-01-01T00:00:00.000 --execute',
      'groups @ --describe --all-groups --offsets',
    )
    expect(wrote).toBe('')
    expect(linesLike(/^Offset/, first)).toEqual([
      'Offset:0\ta\t1',
      'Offset:1\tb\t2',
      'Offset:2\tc\t3',
    ])
    expect(linesLike(/^\d$/, second)).toEqual(['4', '5'])
    const consumed = told((verified ?? '').split('\n'))
    expect(counted(consumed.get('records_consumed'))).toBe(30)
    expect(consumed.get('offsets_committed')?.every(({ success }) => success)).toBe(true)
    expect(consumed.get('shutdown_complete')).toHaveLength(1)
    expect(columnsOf('verified', dry).toSorted()).toEqual(
      [0, 1, 2].map((of) => `verified verified ${of} 0`),
    )
    expect(columnsOf('shell', shifted)).toEqual(['shell lines 0 4'])
    expect(linesLike(/^\d$/, third)).toEqual(['5'])
    expect(columnsOf('shell', since)).toEqual(['shell lines 0 0'])
    expect(columnsOf('shell', all)).toEqual(['shell lines 0 0 5 5 - - -'])
    const behind = columnsOf('verified', all).map((line) => line.split(' ')[5])
    expect(behind).toEqual(['0', '0', '0']) // it is only read: a dry run resets nothing
  },
)

test(
  'a group with members is described, not reset or deleted, and its log is read',
  own,
  async () => {
    await using members = new JavaMembers(kavka.bootstrapServers)
    const group = { 'group.id': 'live', 'heartbeat.interval.ms': '100' }
    members.start('dynamic', 'live', group)
    members.start('static', 'live', { ...group, 'group.instance.id': 'pod-1' })
    await members.until('shared', () => {
      return ['dynamic', 'static'].every((member) => members.partitionsOf(member).length === 2)
    })
    const files = filesFor(kavka.dataDirectory, ['log']).filter((file) => {
      return file.includes('__consumer_offsets-')
    })
    const [offsets, byMember, state, stable, types, reset, deleted, ends, internal, dump] =
      await run(
        'groups @ --describe --group live',
        'groups @ --describe --group live --members --verbose',
        'groups @ --describe --group live --state',
        'groups @ --list --state Stable',
        'groups @ --list --type',
        'groups @ --reset-offsets --group live --topic live --to-earliest --execute',
        'groups @ --delete --group live',
        'offsets @ --topic-partitions live:1-3 --time latest',
        'offsets @ --exclude-internal-topics',
        `dumpLog --offsets-decoder --files ${files.join(',')}`,
      )
    const [ofDynamic, ofStatic] = ['dynamic', 'static'].map((member) => {
      return members.partitionsOf(member).map((partition) => partition.slice('live-'.length))
    })
    const id = (name: string) => `${name}-[\\w-]{36}`
    const client = (name: string) => `${id(name === 'static' ? 'pod-1' : name)} /127.0.0.1 ${name}`
    const ownerOf = (partition: string) => (ofStatic?.includes(partition) ? 'static' : 'dynamic')
    // They may have committed or not that there was nothing.
    const all = ['0', '1', '2', '3'].map((partition) => {
      return `^live live ${partition} [0-] 0 [0-] ${client(ownerOf(partition))}$`
    })
    expect(columnsOf('live', offsets).toSorted()).toEqual(
      all.map((row) => expect.stringMatching(row)),
    )
    expect(columnsOf('live', byMember).toSorted()).toEqual([
      expect.stringMatching(`^live ${client('dynamic')} 2 - live:${ofDynamic} - -$`),
      expect.stringMatching(
        `^live ${id('pod-1')} pod-1 /127.0.0.1 static 2 - live:${ofStatic} - -$`,
      ),
    ])
    expect(columnsOf('live', state)).toEqual([
      expect.stringMatching(/^live localhost:\d+ \(0\) range Stable 2$/),
    ])
    expect(columnsOf('live', stable)).toEqual(['live Stable'])
    expect(columnsOf('live', types)).toEqual(['live Classic'])
    expect(reset).toContain("group 'live' is inactive, but the current state is Stable")
    expect(deleted).toContain('GroupNotEmptyException')
    expect(linesLike(/./, ends)).toEqual(['live:1:0', 'live:2:0'])
    expect(linesLike(/^live/, internal)).toHaveLength(4)
    expect(internal).not.toContain('__consumer_offsets')

    const inLog = linesLike(/"type":"2","data":\{"group":"live"\}/, dump).at(-1)
    const { version, data } = JSON.parse(/payload: (.*)$/.exec(inLog ?? '')?.[1] ?? '{}')
    expect({ version, ...data }).toMatchObject({
      version: '3',
      protocolType: 'consumer',
      protocol: 'range',
    })
    expect(data.generation).toBe(members.generationOf('dynamic'))
    expect(membersIn(data)).toEqual({
      dynamic: { groupInstanceId: null, partitions: ofDynamic },
      static: { groupInstanceId: 'pod-1', partitions: ofStatic },
    })
  },
)

function linesLike(wanted: RegExp, said = ''): string[] {
  return said.split('\n').filter((line) => wanted.test(line))
}

/** The rows of a group, with one blank between columns. */
function columnsOf(group: string, said: string | undefined): string[] {
  return linesLike(new RegExp(`^${group} `), said).map((line) =>
    line.trim().replaceAll(/\s+/g, ' '),
  )
}

function counted(batches: readonly Record<string, unknown>[] = []): number {
  return batches.reduce((sum, { count }) => sum + Number(count), 0)
}

type DumpedMember = {
  clientId: string
  groupInstanceId: string | null
  assignment: { assignedPartitions: { partitions: number[] }[] }
}

function membersIn({ members }: { members: DumpedMember[] }) {
  return Object.fromEntries(
    members.map(({ clientId, groupInstanceId, assignment }) => {
      const partitions = assignment.assignedPartitions.flatMap((of) => of.partitions.map(String))
      return [clientId, { groupInstanceId, partitions }]
    }),
  )
}
