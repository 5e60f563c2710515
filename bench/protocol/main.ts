import { compare } from '../support/compare.ts'
import { benchStart } from './start.ts'

/**
 * The codec beside the two clients written in JavaScript, on the same bytes in the same run. Each
 * is called as it calls itself: kafkajs by its `decode`, which is asynchronous.
 */
export async function benchProtocol(): Promise<void> {
  for (const name of ['metadata', 'fetch', 'produce', 'encoding']) {
    await compare(new URL(`${name}.ts`, import.meta.url).href)
  }
  benchStart()
}
