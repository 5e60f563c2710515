import { KafkaError } from '../../protocol/errors.ts'
import { batchEndOf } from '../../protocol/records/header.ts'
import { headerSizeBytes } from '../../protocol/records/layout.ts'
import { wholeBatchEnd } from '../../protocol/records/walk.ts'

export type ChunkSource = {
  readonly path: string
  readonly sizeBytes: number
  readLater(into: Uint8Array, position: number): Promise<number>
}

/**
 * Reads whole batches, as many as fit in `buffer`, or one that is larger in a buffer of its own.
 * What came is good until the next is asked for.
 *
 * @throws {KafkaError} CORRUPT_MESSAGE if there is something that is no batch, or not a whole one.
 */
export async function* chunksOf(
  source: ChunkSource,
  { buffer, from = 0 }: { buffer: Uint8Array; from?: number },
): AsyncGenerator<Uint8Array> {
  const end = source.sizeBytes
  for (let position = from; position < end; ) {
    const chunk = await read(source, buffer, position, end)
    const wholeBytes = wholeBytesOf(chunk)
    if (wholeBytes > 0) {
      yield chunk.subarray(0, wholeBytes)
      position += wholeBytes
      continue
    }
    const sizeBytes = chunk.length < headerSizeBytes ? 0 : batchEndOf(chunk, 0)
    if (sizeBytes <= chunk.length || sizeBytes > end - position) throw cutOff(source, position)
    const batch = await read(source, new Uint8Array(sizeBytes), position, end)
    if (wholeBytesOf(batch) !== sizeBytes) throw cutOff(source, position)
    yield batch
    position += sizeBytes
  }
}

async function read(source: ChunkSource, into: Uint8Array, position: number, end: number) {
  const wanted = into.subarray(0, Math.min(into.length, end - position))
  return wanted.subarray(0, await source.readLater(wanted, position))
}

function wholeBytesOf(bytes: Uint8Array): number {
  let position = 0
  for (;;) {
    const end = wholeBatchEnd(bytes, position)
    if (end === undefined) return position
    position = end
  }
}

function cutOff({ path }: ChunkSource, position: number): KafkaError {
  return new KafkaError('CORRUPT_MESSAGE', `${path} has no whole batch at ${position}`)
}
