import { createRequire } from 'node:module'

const load = createRequire(import.meta.url)

/**
 * A CommonJS module that is loaded when it is first asked for, or of which only a part is loaded:
 * what a broker does not use costs it memory otherwise.
 *
 * @param name As in `require`, from this file.
 */
export function loadLater<T>(name: string): () => T {
  let loaded: T | undefined
  return () => (loaded ??= load(name) as T)
}
