import { readFileSync } from 'node:fs'

/** What a process has used since it began; of a Linux machine. */
export type Usage = { userMs: number; systemMs: number; peakMb: number }

export function usageOf(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name of the program, in parentheses, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const peakKb = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return {
    userMs: Number(fields[11]) * tickMs,
    systemMs: Number(fields[12]) * tickMs,
    peakMb: Number(peakKb) / 1024,
  }
}

/** Linux tells them in hundredths of a second on every machine. */
const tickMs = 10
