import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import type { UpStatus } from '../../operator/embedded/status.ts'

/**
 * Whole or not at all, for whoever reads it meanwhile; after a crash it is written anew anyway. Where
 * the disk has no room for another file it is written over the one that is there: that a disk is full
 * is what a status has to say then.
 *
 * @throws What Node says of the disk.
 */
export function writeStatus(dataDirectory: string, status: UpStatus): void {
  const path = statusFile(dataDirectory)
  const json = new TextEncoder().encode(JSON.stringify(status))
  try {
    writeFileSync(`${path}.tmp`, padded(json, json.length + spareBytes))
    renameSync(`${path}.tmp`, path)
  } catch (error) {
    const roomBytes = existsSync(path) ? statSync(path).size : 0
    if (roomBytes <= json.length) throw error
    writeOver(path, padded(json, roomBytes))
  }
}

/** What was written last; undefined where nothing was. */
export function readStatus(dataDirectory: string): UpStatus | undefined {
  const path = statusFile(dataDirectory)
  if (!existsSync(path)) return undefined
  return JSON.parse(readFileSync(path, 'utf8')) as UpStatus
}

/** In one call, so that who reads sees the one or the other. */
function writeOver(path: string, content: Uint8Array): void {
  const file = openSync(path, 'r+')
  try {
    writeSync(file, content, 0, content.length, 0)
  } finally {
    closeSync(file)
  }
}

/** With spaces behind it. */
function padded(json: Uint8Array, sizeBytes: number): Uint8Array {
  const content = new Uint8Array(sizeBytes).fill(space)
  content.set(json)
  content[sizeBytes - 1] = newline
  return content
}

/** For what a later status may have to say more. */
const spareBytes = 4_096
const [space, newline] = [0x20, 0x0a]

function statusFile(dataDirectory: string): string {
  return join(dataDirectory, 'status.json')
}
