import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

/** The Python that has confluent-kafka: see install.sh. */
export const python = join(
  process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
  'kavka/python-clients/bin/python',
)

/** Why kcat cannot be used on this machine, or undefined where it can. */
export function whyNoKcat(): string | undefined {
  return works('kcat', ['-V']) ? undefined : whatToDo('kcat')
}

export function whyNoConfluentKafka(): string | undefined {
  const imports = ['-c', 'import confluent_kafka']
  return works(python, imports) ? undefined : whatToDo("Python's confluent-kafka")
}

/**
 * Runs a client to its end.
 *
 * @param input What it gets on stdin.
 * @param options.signal Kills it.
 * @returns What it printed.
 * @throws With what it wrote to stderr, unless it ends well.
 */
export async function run(
  command: string,
  args: readonly string[],
  { input = '', signal }: { input?: string | Uint8Array; signal?: AbortSignal } = {},
): Promise<Buffer> {
  const child = spawn(command, args, { killSignal: 'SIGKILL', signal })
  child.stdin.on('error', () => {}) // one that ends early says why on stderr
  child.stdin.end(input)
  const [stdout, stderr, [code]] = await Promise.all([
    child.stdout.toArray() as Promise<Buffer[]>,
    text(child.stderr),
    once(child, 'close'),
  ])
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${stderr}`)
  return Buffer.concat(stdout)
}

function works(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}

export function whatToDo(tool: string): string {
  return `no ${tool} here: run test/clients/install.sh`
}
