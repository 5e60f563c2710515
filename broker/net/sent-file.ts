import type { OpenFile } from '../../lib/files.ts'
import type { FileSlice } from '../protocol/schema/fields.ts'

/**
 * What answers send ranges of. One that can be held keeps the bytes of a range as they are until it
 * was released as often, whatever becomes of its name.
 */
export type SentFile = Pick<OpenFile, 'readLater'> & { hold?(): void; release?(): void }

/** Messages carry files without looking into them. */
export function fileOf({ file }: FileSlice): SentFile {
  return file as SentFile
}
