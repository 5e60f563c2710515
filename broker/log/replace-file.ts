import type { Files, OpenFile } from '../io/files.ts'

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
 * The same without blocking while the disk takes what is written: only the change of names does.
 *
 * @param isWanted Asked before that: meanwhile something newer may have got there.
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
  if (isWanted()) {
    files.rename(beside, path)
    files.syncDirectory(directory)
  } else files.remove(beside)
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
