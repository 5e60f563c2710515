import { decode, encode } from '../../broker/protocol/codec/codec.ts'
import { encodeResponse } from '../../broker/protocol/frames/response.ts'
import { FetchRequest } from '../../broker/protocol/generated/produce-fetch.ts'
import { toBytes } from '../../test/support/parts.ts'
import type { Case } from '../support/compare.ts'
import { batchCount, fetchResponse, metadataResponse, times, uuidOf } from './payloads.ts'

const metadata = metadataResponse()
const fetch = fetchResponse(new Uint8Array(1_000))

/** What only a broker does; the clients have nothing to hold against it. */
export const cases: Case[] = [
  ...[6, 12].map((version) => {
    const run = () => encodeResponse('Metadata', version, 1, metadata)
    return alone(`encode Metadata v${version}, 1,000 topics of 10 partitions`, run)
  }),
  ...[11, 17].map((version) => {
    const run = () => encodeResponse('Fetch', version, 1, fetch)
    return alone(`encode Fetch v${version}, ${batchCount} partitions, records by reference`, run)
  }),
  ...[11, 17].map((version) => {
    const bytes = toBytes(encode(FetchRequest, version, fetchRequest()))
    const run = () => decode(FetchRequest, version, bytes)
    return alone(`decode a Fetch request v${version}, ${batchCount} partitions`, run)
  }),
]

function alone(title: string, run: () => unknown): Case {
  return { title, contenders: [{ label: 'kavka', run }] }
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
