import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { python } from '../clients/tools.ts'

export type Acked = {
  readonly partition: number
  readonly number: number
  readonly offset: number
}
export type Read = { readonly partition: number; readonly offset: number; readonly value: string }

/** A program beside this file, in a process of its own, which goes on until it is ended. */
class ClientProcess {
  /** What it had to complain of. */
  readonly problems: string[] = []
  /** Why it had to begin anew. */
  readonly fatal: string[] = []
  /** What it had given up then: nobody knows what became of it. */
  givenUp = 0
  private readonly child: ChildProcessWithoutNullStreams
  private readonly closed: Promise<unknown>
  private hasEnded = false
  /** What it says on stderr. */
  complaints = ''

  constructor(program: string, args: readonly string[], take: (words: readonly string[]) => void) {
    this.child = spawn(python, [join(import.meta.dirname, 'clients', program), ...args])
    this.child.stdin.on('error', () => {}) // one that ends early says why on stderr
    this.child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      this.complaints += chunk
    })
    const lines = createInterface(this.child.stdout)
    lines.on('line', (line) => {
      const [what, ...words] = line.split(' ')
      if (what === 'end') this.hasEnded = true
      else if (what === 'ack' || what === 'read') take(words)
      else if (what === 'fatal') this.fatal.push(words.join(' '))
      else if (what === 'error') this.givenUp++
      else this.problems.push(line)
    })
    this.closed = Promise.all([once(this.child, 'exit'), once(lines, 'close')])
  }

  async end(): Promise<void> {
    this.child.stdin.end()
    await this.closed
    if (!this.hasEnded) throw new Error(`a client has failed: ${this.complaints}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL')
    await this.closed
  }
}

/** librdkafka, idempotent and with acks=all. */
export class Producing extends ClientProcess {
  readonly name: string
  readonly acked: Acked[]

  constructor(
    bootstrapServers: string,
    {
      topic,
      partitions,
      name,
      intervalMs,
    }: { topic: string; partitions: number; name: string; intervalMs: number },
  ) {
    const acked: Acked[] = []
    super(
      'produce.py',
      [bootstrapServers, topic, `${partitions}`, name, `${intervalMs}`],
      ([partition, number, offset]) => {
        acked.push({
          partition: Number(partition),
          number: Number(number),
          offset: Number(offset),
        })
      },
    )
    this.name = name
    this.acked = acked
  }
}

/** librdkafka, of all partitions from the beginning. */
export class Reading extends ClientProcess {
  readonly read: Read[]
  /** Of each partition, where it goes on. */
  readonly nextOffsets: number[]

  constructor(
    bootstrapServers: string,
    { topic, partitions }: { topic: string; partitions: number },
  ) {
    const read: Read[] = []
    const nextOffsets: number[] = Array(partitions).fill(0)
    super('read.py', [bootstrapServers, topic, `${partitions}`], ([first, second, ...value]) => {
      const [partition, offset] = [Number(first), Number(second)]
      read.push({ partition, offset, value: value.join(' ') })
      nextOffsets[partition] = offset + 1
    })
    this.read = read
    this.nextOffsets = nextOffsets
  }
}
