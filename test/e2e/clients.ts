import assert from 'node:assert/strict'
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { figure } from './figures.ts'
import { env, root, tool } from './kubectl.ts'

/** Programs of this machine, where a node of the lab is: with the names of the cluster. */
const lab = join(root, 'test/lab/lab.sh')

export function inNode(node: number, ...command: string[]): Promise<string> {
  return tool(lab, ['in-node', `${node}`, ...command])
}

/** The beginning of a command that runs where a node is. @param node Such as `node1`. */
export function byNode(node: string): string[] {
  return [lab, 'in-node', node.replace('node', '')]
}

/** Of one kind of request: how many were done, and the longest that one took. */
export type Tried = { done: number; failures: number; slowestMs: number }

/** What came of a load. */
export type LoadReport = {
  readonly produced: Tried
  /** From when a record was sent until it was read. */
  readonly read: Tried
  readonly committed: Tried
}

/** A producer of a topic and a group that reads it, until they are stopped. */
export class Load {
  readonly #process: ChildProcessWithoutNullStreams
  /** Also where it ended long ago. */
  readonly #ended: Promise<string>
  #errors = ''

  private constructor(process: ChildProcessWithoutNullStreams) {
    this.#process = process
    const exited = once(process, 'exit')
    this.#ended = Promise.all([text(process.stdout), exited]).then(([printed]) => printed)
    process.stderr.on('data', (chunk) => {
      this.#errors += chunk
    })
  }

  static async start(node: number, bootstrap: string, topic: string): Promise<Load> {
    const program = join(import.meta.dirname, 'load.ts')
    const command = ['in-node', `${node}`, process.execPath, program, bootstrap, topic]
    const load = new Load(spawn(lab, command, { env }))
    // A client may warn of something first.
    while (!/^runs$/m.test(load.#errors)) {
      const isThere = once(load.#process.stderr, 'data').then(() => true)
      const isOver = load.#ended.then(() => false)
      if (!(await Promise.race([isThere, isOver]))) throw new Error(`no load: ${load.#errors}`)
    }
    return load
  }

  /** Prints what came of it. @throws Where anything was refused, or a record was not read. */
  async stop(): Promise<void> {
    this.#process.stdin.end()
    const printed = await this.#ended
    if (printed === '') throw new Error(`the load ended: ${this.#errors}`)
    const report = JSON.parse(printed) as LoadReport
    for (const [what, { done, failures, slowestMs }] of Object.entries(report)) {
      const slowest = `the slowest ${slowestMs.toFixed(0)} ms`
      figure(`meanwhile ${what}`, `${done} records, ${failures} refused, ${slowest}`)
    }
    const { produced, read, committed } = report
    assert.deepEqual([produced.failures, committed.failures], [0, 0])
    assert.equal(read.done, produced.done)
  }
}

/**
 * @param options.begin The time counts from when this is done.
 * @param options.node Where the client is.
 * @returns After how many ms a topic was made. @throws If it was not.
 */
export async function createTopic(
  name: string,
  patienceMs: number,
  { begin = () => {}, node = 1 }: { begin?: () => unknown; node?: number } = {},
): Promise<number> {
  const program = join(import.meta.dirname, 'create-topic.ts')
  const hosts = [0, 1, 2].map((id) => `demo-broker-${id}.demo-brokers`)
  const command = ['in-node', `${node}`, process.execPath, program, name, `${patienceMs}`, ...hosts]
  const child = spawn(lab, command, { env })
  const printed = text(child.stdout)
  await once(child.stderr, 'data')
  child.stderr.resume()
  await begin()
  child.stdin.end()
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`topic ${name} was not made: ${await printed}`)
  return Number(await printed)
}
