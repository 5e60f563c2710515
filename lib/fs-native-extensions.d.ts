/** The package has no types. Only what is used. */
declare module 'fs-native-extensions' {
  /** @returns False where another open file has the lock. */
  export function tryLock(fd: number): boolean
}
