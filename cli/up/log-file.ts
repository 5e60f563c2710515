import { existsSync, openSync, renameSync, statSync } from 'node:fs'
import { type DestinationStream, destination } from 'pino'

/** A file for log lines, behind those that are there; what has grown large is put aside once. */
export function openLogFile(path: string): DestinationStream {
  if (existsSync(path) && statSync(path).size > largeBytes) renameSync(path, `${path}.1`)
  return destination({ fd: openSync(path, 'a'), sync: true })
}

const largeBytes = 10 * 2 ** 20
