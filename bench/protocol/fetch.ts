import { fetchV11, fetchV17, Reader } from '@platformatic/kafka'
import { decode } from '../../broker/protocol/codec/codec.ts'
import { FetchResponse } from '../../broker/protocol/generated/produce-fetch.ts'
import { buildBatch } from '../../broker/protocol/records/build.ts'
import { readRecords } from '../../broker/protocol/records/read.ts'
import { compare } from '../support/compare.ts'
import { kafkajsResponse } from './kafkajs.ts'
import { batchCount, bytesOf, fetchResponse, messages, recordsPerBatch } from './payloads.ts'

const apiKey = 1
const parsers = { 11: fetchV11.parseResponse, 17: fetchV17.parseResponse }

export async function benchFetch(): Promise<void> {
  const batch = buildBatch({ records: messages[0] ?? [] })
  const kafkajs = kafkajsResponse('fetch', 11)
  for (const version of [11, 17] as const) {
    const empty = bytesOf(FetchResponse, version, fetchResponse(null))
    const platformatic = (bytes: Buffer) => {
      return parsers[version](0, apiKey, version, Reader.from(bytes))
    }
    const title = `decode Fetch v${version}, ${batchCount} partitions`
    await compare(`${title}, no records`, [
      { label: 'kavka', run: () => decode(FetchResponse, version, empty) },
      { label: '@platformatic/kafka', run: () => platformatic(empty) },
      ...(version === 11 ? [{ label: 'kafkajs', run: () => kafkajs.decode(empty) }] : []),
    ])

    const full = bytesOf(FetchResponse, version, fetchResponse(batch))
    await compare(`${title} of ${recordsPerBatch} records, records decoded by all`, [
      { label: 'kavka', run: () => decodeRecords(version, full) },
      { label: '@platformatic/kafka', run: () => platformatic(full) },
      ...(version === 11 ? [{ label: 'kafkajs', run: () => kafkajs.decode(full) }] : []),
    ])
    await compare(`${title} of ${recordsPerBatch} records, untouched as a broker leaves them`, [
      { label: 'kavka', run: () => decode(FetchResponse, version, full) },
    ])
  }
}

function decodeRecords(version: number, bytes: Buffer) {
  const budget = { remainingBytes: 2 ** 20 }
  const response = decode(FetchResponse, version, bytes)
  const records = response.responses.map(({ partitions }) => {
    return partitions.map((partition) => readRecords(partition.records as Uint8Array, { budget }))
  })
  return { response, records }
}
