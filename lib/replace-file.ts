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
 * As `replaceFile`, without blocking, and so that the name is not durable yet. Not to be called while
 * the same is under way.
 */
export async function replaceFileLater(
  files: Files,
  directory: string,
  name: string,
  content: Uint8Array,
): Promise<void> {
  const path = `${directory}/${name}`
  const file = files.create(`${path}.tmp`)
  try {
    file.truncate(0)
    file.write([content], 0)
    await file.syncLater()
  } finally {
    file.close()
  }
  files.rename(`${path}.tmp`, path)
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
