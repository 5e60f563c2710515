import { Crashed } from './errors.ts'

/** What is under way at a crash never settles; everything else does within one turn. */
export async function orCrash<T>(done: Promise<T>): Promise<T> {
  const turn = new Promise<typeof Crashed>((resolve) => void setImmediate(() => resolve(Crashed)))
  const outcome = await Promise.race([done, turn])
  if (outcome === Crashed) throw new Crashed()
  return outcome as T
}

/** Where nobody waits for what a process does on its own. A crash is none of our mistakes. */
export function throwUnlessCrashed(error: unknown): void {
  if (!(error instanceof Crashed)) throw error
}
