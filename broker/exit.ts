import { StorageError } from '../lib/storage-error.ts'
import { OptionsError } from './config/broker-options.ts'
import { MetadataError } from './metadata/metadata-error.ts'
import { NetworkError } from './net/network-error.ts'

/** Why a broker ended, by the exit codes of sysexits.h. */
export const exitCodes = {
  stopped: 0,
  badConfiguration: 64,
  portTaken: 69,
  ownMistake: 70,
  dataRefused: 73,
  diskFailed: 74,
} as const

/** How a process ends after an error: its exit code, and one line for whoever started it. */
export function exitAfter(error: unknown): { readonly code: number; readonly line: string } {
  return { code: codeAfter(error), line: lineOf(error) }
}

function codeAfter(error: unknown): number {
  if (error instanceof OptionsError) return exitCodes.badConfiguration
  if (error instanceof NetworkError) return exitCodes.portTaken
  if (error instanceof MetadataError) return exitCodes.dataRefused // written by a newer kavka
  if (error instanceof StorageError) return ofStorage[error.problem]
  if (!(error instanceof Error)) return exitCodes.ownMistake
  if (error.name === 'LockHeldError') return exitCodes.dataRefused
  // What Node says of the disk; of sockets all errors are NetworkErrors.
  return 'code' in error && diskCodes.has(String(error.code))
    ? exitCodes.diskFailed
    : exitCodes.ownMistake
}

const ofStorage = {
  DiskFull: exitCodes.diskFailed,
  DiskFailed: exitCodes.diskFailed,
  Untrusted: exitCodes.dataRefused,
  Foreign: exitCodes.dataRefused,
  Closed: exitCodes.ownMistake,
} as const

const diskCodes = new Set([
  'EACCES',
  'EDQUOT',
  'EFBIG',
  'EIO',
  'EISDIR',
  'ENOENT',
  'ENOSPC',
  'ENOTDIR',
  'EPERM',
  'EROFS',
])

function lineOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.replaceAll(/\s*\n\s*/g, ' ')
}
