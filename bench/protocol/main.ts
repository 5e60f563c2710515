import { benchEncoding } from './encoding.ts'
import { benchFetch } from './fetch.ts'
import { benchMetadata } from './metadata.ts'
import { benchProduce } from './produce.ts'
import { benchStart } from './start.ts'

/**
 * The codec beside the two clients written in JavaScript, on the same bytes in the same run. Each
 * is called as it calls itself: kafkajs by its `decode`, which is asynchronous.
 */
export async function benchProtocol(): Promise<void> {
  await benchMetadata()
  await benchFetch()
  await benchProduce()
  await benchEncoding()
  await benchStart()
}
