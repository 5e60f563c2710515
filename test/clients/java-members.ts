import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { kafkaClassPath } from '../../scripts/kafka/jars.ts'

/** What happened to a member of a group, as its listener and its consumer told it. */
export type MemberEvent = {
  readonly what: 'assigned' | 'revoked' | 'lost' | 'read' | 'committed' | 'closed' | 'failed'
  /** Partitions as `topic-0`; of a record its partition and its value; of a commit `topic-0@offset`. */
  readonly of: readonly string[]
  /** Of the group, as the member knows it then; -1 where it is not asked for. */
  readonly generation: number
}

/** Consumers of Kafka's own Java client in one process, which tests drive and watch. */
export class JavaMembers {
  private readonly child: ChildProcessWithoutNullStreams
  private readonly events = new Map<string, MemberEvent[]>()
  private readonly watchers = new Set<() => void>()
  private complaints = ''

  constructor(bootstrapServers: string) {
    const source = join(import.meta.dirname, 'java/Members.java')
    const small = ['-Xmx256m', '-XX:TieredStopAtLevel=1']
    this.child = spawn('java', [
      ...small,
      '-cp',
      kafkaClassPath('broker'),
      source,
      bootstrapServers,
    ])
    this.child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      this.complaints += chunk
    })
    this.child.once('exit', () => this.wake())
    createInterface(this.child.stdout).on('line', (line) => {
      const [member = '', generation, what, ...of] = line.split('\t')
      const event = { what, of: of.filter((word) => word !== ''), generation: Number(generation) }
      this.eventsOf(member).push(event as MemberEvent)
      this.wake()
    })
  }

  /** @param settings Of the consumer, by Kafka's names: what is not given has its default. */
  start(member: string, topic: string, settings: Record<string, string>): void {
    const given = Object.entries(settings).map(([name, value]) => `${name}=${value}`)
    this.tell('start', member, topic, ...given)
  }

  /** Closes it: unless it is a static one, it leaves its group. */
  async stop(member: string): Promise<void> {
    this.tell('stop', member)
    await this.until(`${member} closed`, () => this.last(member)?.what === 'closed')
  }

  /** With what comes after a record that says `busy`, which has kept it from polling. */
  goOn(member: string): void {
    this.tell('go-on', member)
  }

  /** It joins its group again, though nothing has changed. */
  rejoin(member: string): void {
    this.tell('rejoin', member)
  }

  eventsOf(member: string): MemberEvent[] {
    return getOrInsert(this.events, member)
  }

  /** What its ConsumerRebalanceListener was told, as `assigned topic-0 topic-1`. */
  toldOf(member: string): string[] {
    return this.eventsOf(member)
      .filter(({ what }) => ['assigned', 'revoked', 'lost'].includes(what))
      .map(({ what, of }) => [what, ...of].join(' '))
  }

  valuesOf(member: string): string[] {
    return this.eventsOf(member).flatMap(({ what, of }) => (what === 'read' ? [of[1] ?? ''] : []))
  }

  /** The partitions that it has now. */
  partitionsOf(member: string): string[] {
    const own = new Set<string>()
    for (const { what, of } of this.eventsOf(member)) {
      if (what === 'assigned') for (const partition of of) own.add(partition)
      if (what === 'revoked' || what === 'lost') for (const partition of of) own.delete(partition)
    }
    return [...own].toSorted()
  }

  /** Of the group, as the member last knew it. */
  generationOf(member: string): number {
    return Math.max(...this.eventsOf(member).map(({ generation }) => generation))
  }

  /** Waits until something holds, which is looked at again at each event. */
  async until(what: string, holds: () => boolean): Promise<void> {
    const endMs = performance.now() + 30_000
    while (!holds()) {
      const leftMs = endMs - performance.now()
      if (leftMs <= 0 || this.child.exitCode !== null) {
        const told = JSON.stringify(Object.fromEntries(this.events), undefined, 1)
        throw new Error(`not ${what}: ${told}\n${this.complaints}`)
      }
      await this.change(leftMs)
    }
  }

  /** Ends the process as a loss of power would: nobody leaves, nobody commits. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const gone = once(this.child, 'exit')
    this.child.kill('SIGKILL')
    await gone
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }

  private tell(...words: string[]): void {
    this.child.stdin.write(`${words.join('\t')}\n`)
  }

  private last(member: string): MemberEvent | undefined {
    return this.eventsOf(member).at(-1)
  }

  private change(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        this.watchers.delete(done)
        resolve()
      }
      const timer = setTimeout(done, timeoutMs)
      this.watchers.add(done)
    })
  }

  private wake(): void {
    for (const watcher of this.watchers) watcher()
  }
}

function getOrInsert(events: Map<string, MemberEvent[]>, member: string): MemberEvent[] {
  const own = events.get(member) ?? []
  events.set(member, own)
  return own
}
