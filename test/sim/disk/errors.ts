/** What every call of a process that has crashed says, so that what it was doing unwinds. */
export class Crashed extends Error {
  override readonly name = 'Crashed'

  constructor() {
    super('this process has crashed: nothing it does reaches the disk any more')
  }
}

const reasons = {
  EEXIST: 'file already exists',
  EINVAL: 'invalid argument',
  EIO: 'i/o error',
  EISDIR: 'illegal operation on a directory',
  EMFILE: 'too many open files',
  ENOENT: 'no such file or directory',
  ENOSPC: 'no space left on device',
  ENOTDIR: 'not a directory',
  ENOTEMPTY: 'directory not empty',
}
export type ErrorCode = keyof typeof reasons

/** An error as Node gives it. */
export function systemError(code: ErrorCode, { call, path }: { call: string; path: string }) {
  const error = new Error(`${code}: ${reasons[code]}, ${call} '${path}'`)
  return Object.assign(error, { code, syscall: call, path })
}
