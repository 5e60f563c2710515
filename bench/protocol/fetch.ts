import { fetchV11, fetchV17, Reader } from '@platformatic/kafka'
import { decode } from '../../broker/protocol/codec/codec.ts'
import { FetchResponse } from '../../broker/protocol/generated/produce-fetch.ts'
import { buildBatch } from '../../broker/protocol/records/build.ts'
import { readRecords } from '../../broker/protocol/records/read.ts'
import type { Case } from '../support/compare.ts'
import { kafkajsResponse } from './kafkajs.ts'
import { batchCount, bytesOf, fetchResponse, messages, recordsPerBatch } from './payloads.ts'

const apiKey = 1
const parsers = { 11: fetchV11.parseResponse, 17: fetchV17.parseResponse }
const batch = buildBatch({ records: messages[0] ?? [] })
const kafkajs = kafkajsResponse('fetch', 11)

export const cases: Case[] = ([11, 17] as const).flatMap((version) => {
  const empty = bytesOf(FetchResponse, version, fetchResponse(null))
  const full = bytesOf(FetchResponse, version, fetchResponse(batch))
  const title = `decode Fetch v${version}, ${batchCount} partitions`
  const others = (bytes: Buffer) => [
    {
      label: '@platformatic/kafka',
      run: () => parsers[version](0, apiKey, version, Reader.from(bytes)),
    },
    ...(version === 11 ? [{ label: 'kafkajs', run: () => kafkajs.decode(bytes) }] : []),
  ]
  return [
    {
      title: `${title}, no records`,
      contenders: [
        { label: 'kavka', run: () => decode(FetchResponse, version, empty) },
        ...others(empty),
      ],
    },
    {
      title: `${title} of ${recordsPerBatch} records, records decoded by all`,
      contenders: [{ label: 'kavka', run: () => decodeRecords(version, full) }, ...others(full)],
    },
    {
      title: `${title} of ${recordsPerBatch} records, untouched as a broker leaves them`,
      contenders: [{ label: 'kavka', run: () => decode(FetchResponse, version, full) }],
    },
  ]
})

function decodeRecords(version: number, bytes: Buffer) {
  const budget = { remainingBytes: 2 ** 20 }
  const response = decode(FetchResponse, version, bytes)
  const records = response.responses.map(({ partitions }) => {
    return partitions.map((partition) => readRecords(partition.records as Uint8Array, { budget }))
  })
  return { response, records }
}
