import type { Files, OpenFile } from './files.ts'

/**
 * Puts a small file in the place of an older one, so that after a crash there is the one or the
 * other, whole: written beside it, made durable, renamed, and the name made durable.
 */
export function replaceFile(files: Files, directory: string, name: string, content: Uint8Array) {
  const path = `${directory}/${name}`
  writeFile(files, `${path}.tmp`, content, (file) => file.sync())
  files.rename(`${path}.tmp`, path)
  files.syncDirectory(directory)
}

/**
 * The same without blocking, and so that the name is not durable yet. Not to be called while the
 * same is under way.
 *
 * @param isWanted Asked before the file gets its place: something newer may have got there, or the
 *   directory may be another's by now.
 */
export async function replaceFileLater(
  files: Files,
  directory: string,
  name: string,
  content: Uint8Array,
  isWanted: () => boolean,
): Promise<void> {
  const path = `${directory}/${name}`
  const beside = `${path}.later.tmp`
  const file = files.create(beside)
  try {
    file.truncate(0)
    await file.writeLater([content], 0)
    await file.syncLater()
  } finally {
    file.close()
  }
  if (isWanted()) files.rename(beside, path)
}

/** Writes a small file of which a loss of power may leave anything: its reader must notice. */
export function writeFile(
  files: Files,
  path: string,
  content: Uint8Array,
  then: (file: OpenFile) => void = () => {},
) {
  const file = files.create(path)
  try {
    file.truncate(0)
    file.write([content], 0)
    then(file)
  } finally {
    file.close()
  }
}
