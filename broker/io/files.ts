export type { Files, OpenFile } from '../../lib/files.ts'
