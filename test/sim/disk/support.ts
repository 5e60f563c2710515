import { type DiskOptions, SimulatedDisk } from './simulated-disk.ts'

export const bytes = (text: string) => Buffer.from(text, 'latin1')

/** A disk, its first process and a file `/log` whose name and content are durable. */
export function diskWithLog(content: string, seed = 1, options: DiskOptions = {}) {
  const disk = new SimulatedDisk(seed, options)
  const files = disk.files()
  const log = files.create('/log')
  log.write([bytes(content)], 0)
  log.sync()
  files.syncDirectory('/')
  return { disk, files, log }
}

/** What files hold as text, by path. */
export function texts(contents: Map<string, Uint8Array>): Record<string, string> {
  return Object.fromEntries(
    [...contents].map(([path, content]) => [path, Buffer.from(content).toString('latin1')]),
  )
}

/** All that may be left, over many seeds: each outcome once, sorted. */
export function outcomes<T>(run: (seed: number) => T, seeds = 300): T[] {
  const seen = new Map<string, T>()
  for (let seed = 0; seed < seeds; seed++) {
    const outcome = run(seed)
    seen.set(JSON.stringify(outcome), outcome)
  }
  return [...seen.values()].sort((a, b) => (String(a) < String(b) ? -1 : 1))
}
