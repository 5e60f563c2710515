import { metadataV6, metadataV12, Reader } from '@platformatic/kafka'
import { decode } from '../../broker/protocol/codec/codec.ts'
import { MetadataResponse } from '../../broker/protocol/generated/cluster.ts'
import type { Case } from '../support/compare.ts'
import { kafkajsResponse } from './kafkajs.ts'
import { bytesOf, metadataResponse } from './payloads.ts'

const apiKey = 3
const v6 = bytesOf(MetadataResponse, 6, metadataResponse())
const v12 = bytesOf(MetadataResponse, 12, metadataResponse())
const kafkajs = kafkajsResponse('metadata', 6)

export const cases: Case[] = [
  {
    title: 'decode Metadata v6, 1,000 topics of 10 partitions',
    contenders: [
      { label: 'kavka', run: () => decode(MetadataResponse, 6, v6) },
      {
        label: '@platformatic/kafka',
        run: () => metadataV6.parseResponse(0, apiKey, 6, Reader.from(v6)),
      },
      { label: 'kafkajs', run: () => kafkajs.decode(v6) },
    ],
  },
  {
    title: 'decode Metadata v12, 1,000 topics of 10 partitions',
    contenders: [
      { label: 'kavka', run: () => decode(MetadataResponse, 12, v12) },
      {
        label: '@platformatic/kafka',
        run: () => metadataV12.parseResponse(0, apiKey, 12, Reader.from(v12)),
      },
    ],
  },
]
