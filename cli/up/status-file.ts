import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { UpStatus } from '../../operator/embedded/status.ts'

/** Whole or not at all, for whoever reads it meanwhile; after a crash it is written anew anyway. */
export function writeStatus(dataDirectory: string, status: UpStatus): void {
  const path = statusFile(dataDirectory)
  writeFileSync(`${path}.tmp`, `${JSON.stringify(status)}\n`)
  renameSync(`${path}.tmp`, path)
}

/** What was written last; undefined where nothing was. */
export function readStatus(dataDirectory: string): UpStatus | undefined {
  const path = statusFile(dataDirectory)
  if (!existsSync(path)) return undefined
  return JSON.parse(readFileSync(path, 'utf8')) as UpStatus
}

function statusFile(dataDirectory: string): string {
  return join(dataDirectory, 'status.json')
}
