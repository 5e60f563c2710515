/** Lives the life of a large controller, and tells what memory it has on the way: see `memory.ts`. */
import { setTimeout } from 'node:timers/promises'

/** V8 keeps pages that it does not need any more for 8 s (`--memory-pool-timeout`). */
const pageMs = 9_000
const rounds = 4

await tell('an empty process')
const { lifeOfLargeController } = await import('./large-controller.ts')
await tell('with the code of a controller')
for await (const what of lifeOfLargeController()) await tell(what)

/** Once what is not needed has been given back. */
async function tell(what: string): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    gc?.()
    await setTimeout(pageMs)
  }
  process.send?.({ what, ...process.memoryUsage() })
}
