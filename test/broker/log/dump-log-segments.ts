import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { kafkaClassPath } from '../../../scripts/kafka/jars.ts'

/** What Kafka's tool said of some files. */
export type Dump = {
  /** The lines about a file, by its path. */
  readonly lines: ReadonlyMap<string, readonly string[]>
  /** Whatever says that something is wrong: all lines that are not known to say that all is well. */
  readonly complaints: readonly string[]
  /** Records whose offset does not follow the one before, as a compacted log has them. */
  readonly gaps: readonly Gap[]
}
/** `after` is -1 at the beginning of a segment, of which the tool speaks too. */
export type Gap = { readonly file: string; readonly after: number; readonly offset: number }

/** Runs DumpLogSegments on files, all in one JVM. It dies of the first that it cannot read. */
export async function dumpLogSegments(
  files: readonly string[],
  options: readonly string[] = ['--deep-iteration', '--print-data-log'],
): Promise<Dump> {
  const tool = ['-cp', kafkaClassPath('broker'), 'org.apache.kafka.tools.DumpLogSegments']
  const child = spawn('java', [...tool, ...options, '--files', files.join(',')])
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  const dump = parse([...linesOf(stdout), ...linesOf(stderr)])
  return code === 0 ? dump : { ...dump, complaints: [...dump.complaints, `exit ${code}`] }
}

/** The paths of all files of the logs below a folder that the tool knows. */
export function filesFor(folder: string, kinds: readonly string[]): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted()
  const own = names.filter((name) => kinds.some((kind) => name.endsWith(`.${kind}`)))
  return own.map((name) => join(folder, name))
}

function parse(output: readonly string[]): Dump {
  const lines = new Map<string, string[]>()
  const complaints: string[] = []
  const gaps: Gap[] = []
  let current: string[] = []
  let file = ''
  for (const line of output) {
    const [, dumped] = /^Dumping (.*)$/.exec(line) ?? []
    const [, withGaps] = /^Non-consecutive offsets in (.*)$/.exec(line) ?? []
    const [, after, offset] = /^ {2}(-?\d+) is followed by (\d+)$/.exec(line) ?? []
    if (dumped !== undefined) lines.set(dumped, (current = []))
    else if (withGaps !== undefined) file = withGaps
    else if (offset !== undefined) gaps.push({ file, after: Number(after), offset: Number(offset) })
    else if (isWell(line)) current.push(line)
    else complaints.push(line)
  }
  return { lines, complaints, gaps }
}

function isWell(line: string): boolean {
  return goodLines.some((good) => good.test(line))
}

function linesOf(output: string): string[] {
  return output.split('\n').filter((line) => line !== '')
}

const goodLines = [
  /^Log starting offset: \d+$/,
  /^baseOffset: .* isvalid: true$/,
  /^\| offset: \d+ /,
  /^offset: \d+ position: \d+$/,
  /^timestamp: -?\d+ offset: \d+$/,
  /^version: 0 producerId: \d+ firstOffset: \d+ lastOffset: \d+ lastStableOffset: \d+$/,
  /^producerId: \d+ producerEpoch: -?\d+ /,
  / passed sanity check\.$/,
  /\.index is empty\.$/,
]
