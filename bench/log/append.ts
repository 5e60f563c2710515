import { join } from 'node:path'
import { median } from '../support/compare.ts'
import { type Round, runRounds } from './rounds.ts'

/** Of one round: few enough bytes that the kernel writes none of them to the disk. */
export const roundBytes = 32 * 1024 * 1024

const rounds = 15

/**
 * Appending to a log on real files beside the floor: a loop that checks the CRC of the same buffers
 * and writes them.
 *
 * @param sizes Of batches, in KB. @param groups How many of them in one call.
 */
export async function benchAppend(sizes = [64, 1], groups = [1, 8]): Promise<void> {
  console.log(`Appending ${mb(roundBytes)} MB a round to new files, ${rounds} rounds`)
  for (const sizeKb of sizes) {
    for (const group of groups) {
      const work = [String(sizeKb * 1024), String(group)]
      const script = join(import.meta.dirname, 'append-contender.ts')
      const contenders = ['floor', 'log', 'idempotent'].map((own) => [own, ...work])
      const [floor = [], ...logs] = await runRounds(script, contenders, { rounds })
      console.log(`${sizeKb} KB batches, ${group} a call`)
      report('floor', floor, { sizeKb, floor })
      report('log', logs[0] ?? [], { sizeKb, floor })
      report('log, idempotent', logs[1] ?? [], { sizeKb, floor })
    }
  }
  console.log()
}

function report(
  label: string,
  taken: readonly Round[],
  { sizeKb, floor }: { sizeKb: number; floor: readonly Round[] },
): void {
  const batches = roundBytes / (sizeKb * 1024)
  const usEach = taken.map(({ ms }) => (ms * 1_000) / batches)
  const percent = taken.map(({ ms }, round) => ((floor[round]?.ms ?? Number.NaN) / ms) * 100)
  const cpu = (name: 'userMs' | 'systemMs') => {
    return ((median(taken.map((round) => round[name])) * 1_000) / batches).toFixed(2)
  }
  const speed = taken.map(({ ms }) => mb(roundBytes) / (ms / 1_000))
  console.log(
    `  ${label.padEnd(16)} ${median(speed).toFixed(0).padStart(5)} MB/s ${ranged(usEach, 2)} us a batch ` +
      `(CPU ${cpu('userMs')} user, ${cpu('systemMs')} system), ${ranged(percent, 0)} % of the floor`,
  )
}

export function ranged(numbers: readonly number[], digits: number): string {
  const [least, middle, most] = [Math.min(...numbers), median(numbers), Math.max(...numbers)]
  return `${middle.toFixed(digits)} (${least.toFixed(digits)} - ${most.toFixed(digits)})`
}

function mb(bytes: number): number {
  return bytes / 1024 / 1024
}
