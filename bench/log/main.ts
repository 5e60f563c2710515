import { benchAppend } from './append.ts'
import { benchDeletion } from './deletion.ts'
import { benchIdle } from './idle.ts'
import { benchSlowDisk } from './slow-disk.ts'
import { benchTail } from './tail.ts'

/** The log on the files of this machine: `npm run bench -- log [append|tail|slow-disk|idle|deletion]`. */
export async function benchLog(only?: string): Promise<void> {
  const parts: Record<string, () => Promise<void> | void> = {
    append: () => benchAppend(),
    tail: benchTail,
    'slow-disk': benchSlowDisk,
    idle: benchIdle,
    deletion: benchDeletion,
  }
  for (const [name, run] of Object.entries(parts)) {
    if (only === undefined || only === name) await run()
  }
}
