import type { World } from './world.ts'

const events = ['unhandledRejection', 'uncaughtException'] as const

/**
 * Makes what nobody handles end the run, in place of whoever listens in this process (a test runner).
 * It is told inside the drain after the event that it came from.
 *
 * @returns Puts everything back.
 */
export function takingOver(world: World): () => void {
  const before = events.map((event) => process.rawListeners(event) as (() => void)[])
  for (const event of events) process.removeAllListeners(event)
  process.on('unhandledRejection', (error) => world.failWith('UnhandledRejection', error))
  process.on('uncaughtException', (error) => world.failWith('Exception', error))
  return () => {
    for (const [index, event] of events.entries()) {
      process.removeAllListeners(event)
      for (const listener of before[index] ?? []) process.on(event, listener)
    }
  }
}
