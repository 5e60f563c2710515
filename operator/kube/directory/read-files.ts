import type { Finding } from './manifest.ts'
import { type ManifestFiles, pathOf } from './manifest-files.ts'
import { type ParsedFile, parseManifests } from './parse-manifests.ts'

/** Ten thousand topics are one megabyte and a half. */
const maxFileBytes = 1_048_576
const maxFiles = 10_000

/** A directory as it was read. */
export type DirectoryRead = {
  /** Undefined where it could not be listed: then nothing is known of its files. */
  readonly identity: string | undefined
  /** In the order of their names. */
  readonly files: ReadonlyMap<string, FileRead>
  /** Of the directory itself. */
  readonly findings: readonly Finding[]
}
export type FileRead = {
  readonly stamp: string
  /** Undefined where it could not be read. */
  readonly text: string | undefined
  readonly parsed: ParsedFile
}

type Reading = {
  readonly directory: string
  readonly files: ManifestFiles
  readonly turn: () => Promise<void>
  /** What was read before: a file that did not change is not read again. */
  readonly before?: DirectoryRead | undefined
}

/**
 * Reads the manifests of a directory, not those of directories in it: whoever sorts files into
 * folders has a reason, and one of them may be where old ones are put. Hidden files are passed over,
 * since editors and mounted ConfigMaps make them; links are followed, since the latter need it.
 */
export async function readFiles({
  directory,
  files,
  turn,
  before,
}: Reading): Promise<DirectoryRead> {
  let listed: Awaited<ReturnType<ManifestFiles['list']>>
  try {
    listed = await files.list(directory)
  } catch (error) {
    const finding = failed(directory, `cannot be read: ${inWords(error)}`)
    return { identity: undefined, files: new Map(), findings: [finding] }
  }
  const { identity } = listed
  const names = listed.names.filter((name) => /^[^.].*\.(yaml|yml|json)$/.test(name)).sort()
  if (names.length > maxFiles) {
    const finding = failed(directory, `has more than ${maxFiles} manifests, found ${names.length}`)
    return { identity: undefined, files: new Map(), findings: [finding] }
  }
  const read = new Map<string, FileRead>()
  for (const name of names) {
    const path = pathOf(directory, name)
    read.set(name, await readOne(path, files, turn, before?.files.get(name)))
  }
  return { identity, files: read, findings: names.length === 0 ? [noManifests(directory)] : [] }
}

async function readOne(
  path: string,
  files: ManifestFiles,
  turn: () => Promise<void>,
  before: FileRead | undefined,
): Promise<FileRead> {
  let stamp = ''
  try {
    // Before the bytes: what is written in between is then seen the next time.
    stamp = await files.stamp(path)
    if (before?.stamp === stamp) return before
    const bytes = await files.read(path, maxFileBytes)
    if (bytes === 'NoFile') return unreadable(stamp, path, 'is no file')
    if (bytes === 'TooLarge') return unreadable(stamp, path, 'has more than 1 MiB: split it')
    const text = decode(bytes)
    if (text === undefined) return unreadable(stamp, path, 'is not UTF-8: save it as that')
    if (before?.text === text) return { ...before, stamp }
    return { stamp, text, parsed: await parseManifests(path, text, turn) }
  } catch (error) {
    return unreadable(stamp, path, `cannot be read: ${inWords(error)}`)
  }
}

function unreadable(stamp: string, file: string, message: string): FileRead {
  const finding = failed(file, message)
  return { stamp, text: undefined, parsed: { manifests: [], findings: [finding], complete: false } }
}

function failed(file: string, message: string): Finding {
  return { level: 'error', file, reason: 'Unreadable', message }
}

function noManifests(file: string): Finding {
  const message = 'has no manifests: put *.yaml, *.yml or *.json files there'
  return { level: 'note', file, reason: 'NoManifests', message }
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}

function inWords(error: unknown): string {
  const words: Record<string, string> = {
    ENOENT: 'it is not there',
    ENOTDIR: 'it is no directory',
    EACCES: 'permission denied',
    ELOOP: 'its links go round in a circle',
    EISDIR: 'it is a directory',
  }
  const code = codeOf(error)
  if (code === undefined) throw error
  return words[code] ?? code
}
