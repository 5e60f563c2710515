import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

/** What a load has seen. */
export type Told = {
  readonly bytes: number
  readonly ms: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** Puts a load on brokers: see `load.ts`. @param about The address of one of them. */
export async function put(
  mode: string,
  { address }: { readonly address: string },
  topic: string,
  args: readonly number[],
): Promise<Told> {
  const script = join(import.meta.dirname, 'load.ts')
  const child = spawn(process.execPath, [script, mode, address, topic, ...args.map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [printed, [code]] = await Promise.all([text(child.stdout), once(child, 'close')])
  if (code !== 0) throw new Error(`the load on ${address} has failed, see above`)
  return JSON.parse(printed) as Told
}
