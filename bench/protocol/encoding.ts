import { decode, encode } from '../../broker/protocol/codec/codec.ts'
import { encodeResponse } from '../../broker/protocol/frames/response.ts'
import { FetchRequest } from '../../broker/protocol/generated/produce-fetch.ts'
import { toBytes } from '../../test/support/parts.ts'
import { compare } from '../support/compare.ts'
import { batchCount, fetchResponse, metadataResponse, times, uuidOf } from './payloads.ts'

/** What only a broker does; the clients have nothing to hold against it. */
export async function benchEncoding(): Promise<void> {
  const metadata = metadataResponse()
  for (const version of [6, 12]) {
    const run = () => encodeResponse('Metadata', version, 1, metadata)
    await compare(`encode Metadata v${version}, 1,000 topics of 10 partitions`, [
      { label: 'kavka', run },
    ])
  }

  const records = new Uint8Array(1_000)
  const fetch = fetchResponse(records)
  for (const version of [11, 17]) {
    const run = () => encodeResponse('Fetch', version, 1, fetch)
    await compare(`encode Fetch v${version}, ${batchCount} partitions, records by reference`, [
      { label: 'kavka', run },
    ])
  }

  for (const version of [11, 17]) {
    const bytes = toBytes(encode(FetchRequest, version, fetchRequest()))
    const run = () => decode(FetchRequest, version, bytes)
    await compare(`decode a Fetch request v${version}, ${batchCount} partitions`, [
      { label: 'kavka', run },
    ])
  }
}

function fetchRequest() {
  const partitions = times(batchCount, (partition) => ({
    partition,
    fetchOffset: 1_000_000,
    partitionMaxBytes: 1_048_576,
  }))
  const topics = [{ topic: 'topic', topicId: uuidOf(1), partitions }]
  return { maxWaitMs: 500, minBytes: 1, maxBytes: 2 ** 20, topics }
}
