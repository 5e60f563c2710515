import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const rounds = 7
const ways = ['read later', 'read at once', 'sendfile'] as const

/**
 * What a server pays to answer with a MB of a file that is in the page cache and not in its memory:
 * reading it into a buffer, through the thread pool or at once, and sendfile(2) by node:ffi.
 */
export async function benchColdReads(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'kavka-cold-'))
  const file = join(folder, 'segment')
  writeFileSync(file, Buffer.alloc(256 * 1024 * 1024, 7))
  console.log(`answers of 1 MB from the page cache, 3 connections, ${rounds} rounds of 1.5 GB`)
  const taken = ways.map(() => [] as { cpuS: number; gbPerS: number }[])
  const servers: ChildProcess[] = []
  try {
    for (const way of ways) {
      const script = join(import.meta.dirname, 'cold-reads-contender.ts')
      servers.push(fork(script, ['serve', way, file], { execArgv: ['--no-warnings'] }))
    }
    const ports = await Promise.all(servers.map(async (own) => (await once(own, 'message'))[0]))
    for (let round = -1; round < rounds; round++) {
      for (const [index, server] of servers.entries()) {
        const own = await oneRound(server, ports[index] as number)
        if (round >= 0) taken[index]?.push(own)
      }
    }
  } finally {
    for (const server of servers) server.kill()
    rmSync(folder, { recursive: true })
  }
  for (const [index, way] of ways.entries()) {
    const own = taken[index] ?? []
    const cpu = own.map(({ cpuS }) => cpuS).toSorted((a, b) => a - b)
    const rate = own.map(({ gbPerS }) => gbPerS).toSorted((a, b) => a - b)
    const [least, middle, most] = [0, 0.5, 1].map(
      (part) => cpu[Math.floor((cpu.length - 1) * part)],
    )
    console.log(
      `  ${way.padEnd(14)} ${middle?.toFixed(3)} (${least?.toFixed(3)} - ${most?.toFixed(3)}) s of ` +
        `CPU a GB, ${rate[Math.floor(rate.length / 2)]?.toFixed(2)} GB/s`,
    )
  }
  console.log()
}

async function oneRound(
  server: ChildProcess,
  port: number,
): Promise<{ cpuS: number; gbPerS: number }> {
  const before = await usageOf(server)
  const startedMs = performance.now()
  const script = join(import.meta.dirname, 'cold-reads-contender.ts')
  const client = spawn(process.execPath, [script, 'ask', `${port}`], { stdio: 'inherit' })
  const [code] = await once(client, 'exit')
  if (code !== 0) throw new Error('the client has failed, see above')
  const ms = performance.now() - startedMs
  const cpuS = ((await usageOf(server)) - before) / 1e6 / gb
  return { cpuS, gbPerS: gb / (ms / 1e3) }
}

async function usageOf(server: ChildProcess): Promise<number> {
  const told = once(server, 'message')
  server.send('usage')
  return (await told)[0] as number
}

/** 3 connections of 512 answers of a MiB. */
const gb = (3 * 512 * 1024 * 1024) / 1e9
