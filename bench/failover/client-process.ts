import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { kafkaClassPath } from '../../scripts/kafka/jars.ts'
import { python } from '../../test/clients/tools.ts'
import type { Ack } from './gaps.ts'
import type { profiles } from './profiles.ts'
import { monotonicMs, until } from './until.ts'

export type ClientName = keyof typeof profiles

/** A producer in a process of its own, which sends number after number until it is ended. */
export class ClientProcess {
  /** In the order in which they came. */
  readonly acks: Ack[] = []
  /** What was given up: why, in the words of the client. */
  readonly failures: string[] = []
  /** How many were sent, once it has ended. */
  #sent: number | undefined
  #complaints = ''
  readonly #child: ChildProcessWithoutNullStreams
  readonly #closed: Promise<unknown>

  /**
   * @param options.settings By the client's own names.
   * @param options.by The beginning of a command that runs it somewhere else on this machine.
   */
  constructor(
    client: ClientName,
    options: {
      bootstrapServers: string
      topic: string
      settings: Readonly<Record<string, string>>
      by?: readonly string[]
    },
  ) {
    const settings = Object.entries(options.settings).map(([name, value]) => `${name}=${value}`)
    const own = [options.bootstrapServers, options.topic, `${intervalMs}`, ...settings]
    const [command = '', ...args] = [...(options.by ?? []), ...commands[client](), ...own]
    this.#child = spawn(command, args)
    this.#child.stdin.on('error', () => {}) // one that ends early says why on stderr
    this.#child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      this.#complaints += chunk
    })
    const lines = createInterface(this.#child.stdout)
    lines.on('line', (line) => this.#take(line))
    this.#closed = Promise.all([once(this.#child, 'exit'), once(lines, 'close')])
  }

  /**
   * Waits until a record is acknowledged that is sent from now on.
   *
   * @returns Whether one was, before patience was over.
   */
  async isAckedAgain(patienceMs: number): Promise<boolean> {
    const fromMs = monotonicMs()
    const isLater = () => {
      if (this.#child.exitCode !== null) throw new Error(`the client has ended${this.#why()}`)
      return this.acks.findLast(({ sentMs }) => sentMs > fromMs)
    }
    return (await until(isLater, { patienceMs })) !== undefined
  }

  /** Lets it send no more, and waits for what it has sent. @returns How many records that were. */
  async end(): Promise<number> {
    this.#child.stdin.end()
    await this.#closed
    if (this.#sent === undefined) throw new Error(`the client has failed${this.#why()}`)
    return this.#sent
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#closed
  }

  #take(line: string): void {
    const [what, number, sentMs, toldMs, ...why] = line.split(' ')
    if (what === 'ack') {
      this.acks.push({ number: Number(number), sentMs: Number(sentMs), ackedMs: Number(toldMs) })
    } else if (what === 'error') this.failures.push(why.join(' '))
    else if (what === 'end') this.#sent = Number(number)
    else this.#complaints += `${line}\n`
  }

  #why(): string {
    return this.#complaints === '' ? '' : `: ${this.#complaints.slice(-2_000)}`
  }
}

/** Between two records. */
export const intervalMs = 5

const clients = join(import.meta.dirname, 'clients')

const commands: Record<ClientName, () => string[]> = {
  librdkafka: () => [python, join(clients, 'produce.py')],
  java: () => ['java', ...javaArgs(), join(clients, 'Produce.java')],
}

/** Of a client that says nothing but what it is to say. */
export function javaArgs(): string[] {
  const quiet = '-Dorg.apache.logging.log4j.level=OFF'
  return ['-Xmx256m', quiet, '-cp', kafkaClassPath('broker')]
}
