import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { median } from '../support/compare.ts'
import { times } from './payloads.ts'

const repository = join(import.meta.dirname, '../..')
const rounds = 9

/** Start and memory of a process with all tables, compiled as they are shipped, and without. */
export function benchStart(): void {
  // Inside the checkout, so that packages are found from there.
  const dist = mkdtempSync(join(repository, 'node_modules/.bench-'))
  try {
    execFileSync('tsc', ['-p', join(repository, 'tsconfig.build.json'), '--outDir', dist])
    const tables = `await import(${JSON.stringify(join(dist, 'broker/protocol/generated/messages.js'))})`
    console.log('start and memory of the tables, all messages, nothing compiled yet')
    for (const [label, load] of [
      ['empty process', ''],
      ['with all tables', tables],
    ] as const) {
      const figures = times(rounds, () => measure(load))
      const loadMs = median(figures.map(({ ms }) => ms)).toFixed(1)
      const megabytes = median(figures.map(({ rssBytes }) => rssBytes / 2 ** 20)).toFixed(1)
      console.log(
        `  ${label.padEnd(20)} ${loadMs.padStart(6)} ms to load, ${megabytes} MB resident`,
      )
    }
  } finally {
    rmSync(dist, { recursive: true, force: true })
  }
}

function measure(load: string): { ms: number; rssBytes: number } {
  const script = `
    const start = performance.now()
    ${load}
    const ms = performance.now() - start
    console.log(JSON.stringify({ ms, rssBytes: process.memoryUsage.rss() }))`
  const args = ['--input-type=module', '--eval', script]
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }))
}
