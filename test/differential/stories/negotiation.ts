import type { ApiName, RequestInputOf } from '../../../broker/protocol/apis.ts'
import { encodeRequest } from '../../../broker/protocol/frames/request.ts'
import { batch, createTopic, fetchFrom, namedTopics, produceTo } from '../requests.ts'
import { ask, family, raw } from '../story.ts'

const software = { clientSoftwareName: 'kavka-test', clientSoftwareVersion: '1.0' }
/** Of a header of version 2. */
const noTags = Buffer.from([0])
const metadataOf = namedTopics('negotiation-nowhere')

export const negotiation = family('negotiation', {
  'what is served, in every version': [
    ask('ApiVersions', [0, 1, 2], {}),
    ask('ApiVersions', [3, 4], software),
  ],
  'names of software': [
    ['', '-', 'a-', '.a', 'a b', 'ä', 'a_b', 'a..b', 'a'.repeat(300)].map((clientSoftwareName) =>
      ask(
        'ApiVersions',
        3,
        { ...software, clientSoftwareName },
        {
          about: `named "${clientSoftwareName.slice(0, 5)}"`,
          only: ({ errorCode }) => ({ errorCode }),
        },
      ),
    ),
    ask(
      'ApiVersions',
      4,
      { ...software, clientSoftwareVersion: '' },
      {
        gives: 'INVALID_REQUEST',
        about: 'no version of the software',
      },
    ),
  ],
  'ApiVersions in a version that nobody has': [
    raw('version 99', frameOf(18, 99, 5, Buffer.from('\0anything')), answeredBy('ApiVersions', 0)),
    raw('version 99 with nothing', frameOf(18, 99, 6, noTags), answeredBy('ApiVersions', 0)),
    raw('version 32767', frameOf(18, 32_767, 7, noTags), answeredBy('ApiVersions', 0)),
    raw('version -1', frameOf(18, -1, 7), answeredBy('ApiVersions', 0)),
    raw('version 99 in an old header', frameOf(18, 99, 8)),
    raw('again and again', twice(frameOf(18, 99, 9, noTags)), {
      answers: [
        ['ApiVersions', 0],
        ['ApiVersions', 0],
      ],
    }),
  ],
  'versions that nobody has': [
    raw('Metadata 99', frameOf(3, 99, 1)),
    raw('Metadata -1', frameOf(3, -1, 1)),
    raw('Fetch 3', frameOf(1, 3, 1)),
    raw('Fetch 99', frameOf(1, 99, 1)),
    raw('Produce 2', frameOf(0, 2, 1)),
    raw('Produce 0', frameOf(0, 0, 1)),
    raw('Produce 99', frameOf(0, 99, 1)),
    raw('ListOffsets 0', frameOf(2, 0, 1)),
  ],
  'APIs that nobody has, or not for clients': [
    raw('key 999', frameOf(999, 0, 1)),
    raw('key -1', frameOf(-1, 0, 1)),
    raw('LeaderAndIsr, which is gone', frameOf(4, 0, 1)),
    raw('BrokerHeartbeat, for controllers', frameOf(63, 0, 1)),
    raw('Vote, for controllers', frameOf(52, 0, 1)),
  ],
  'frames that are none': [
    raw('nothing', Buffer.from([0, 0, 0, 0])),
    raw('one byte', Buffer.from([0, 0, 0, 1, 0])),
    raw('a key only', Buffer.from([0, 0, 0, 2, 0, 18])),
    raw('no client id', Buffer.from([0, 0, 0, 8, 0, 18, 0, 0, 0, 0, 0, 1])),
    raw('a size that is negative', Buffer.from([0xff, 0xff, 0xff, 0xff])),
    raw('a size that is too large', Buffer.from([0x7f, 0xff, 0xff, 0xff])),
    raw('HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')),
    raw('TLS', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03])),
  ],
  'requests that are cut off': [
    raw('in the size', Buffer.from([0, 0]), { isLast: true }),
    raw('in the header', encoded('Metadata', 12, metadataOf).subarray(0, 10), { isLast: true }),
    raw('in the body', encoded('Metadata', 12, metadataOf).subarray(0, 40), { isLast: true }),
    raw('of which the size knows nothing', shortened(encoded('Metadata', 12, metadataOf), 6)),
    raw('in a list', shortened(encoded('Metadata', 4, metadataOf), 6)),
  ],
  'bodies that make no sense': [
    raw('a negative length of a name', changed(encoded('Metadata', 4, metadataOf), at(4), 0xff)),
    raw('more topics than bytes', changed(encoded('Metadata', 4, metadataOf), at(0), 0x7f)),
    raw(
      'bytes behind the body',
      padded(encoded('Metadata', 4, metadataOf)),
      answeredBy('Metadata', 4),
    ),
    raw(
      'behind a flexible one',
      padded(encoded('Metadata', 12, metadataOf)),
      answeredBy('Metadata', 12),
    ),
  ],
  'several requests at once are answered in their order': [
    createTopic('negotiation-wait'),
    createTopic('negotiation-pipeline'),
    raw(
      'three Metadata behind a Fetch that waits',
      Buffer.concat([
        encoded(
          'Fetch',
          12,
          fetchFrom({ name: 'negotiation-wait' }, {}, { minBytes: 1, maxWaitMs: 100 }),
          1,
        ),
        encoded('Metadata', 12, metadataOf, 2),
        encoded('Metadata', 4, metadataOf, 3),
        encoded('Produce', 9, produceTo('negotiation-pipeline', batch(['a'])), 4),
      ]),
      {
        answers: [
          ['Fetch', 12],
          ['Metadata', 12],
          ['Metadata', 4],
          ['Produce', 9],
        ],
      },
    ),
    raw(
      'a good one before a bad one',
      Buffer.concat([encoded('Metadata', 12, metadataOf, 1), frameOf(3, 99, 2)]),
      answeredBy('Metadata', 12),
    ),
    raw(
      'without an answer, then with one',
      Buffer.concat([
        encoded('Produce', 9, produceTo('negotiation-pipeline', batch(['b']), { acks: 0 }), 1),
        encoded('Metadata', 12, metadataOf, 2),
      ]),
      answeredBy('Metadata', 12),
    ),
  ],
  'tags that nobody knows': [
    createTopic('negotiation-tags'),
    ask('ApiVersions', 3, software, {
      reframe: withUnknownTag,
      only: ({ errorCode }) => ({ errorCode }),
    }),
    ask('Metadata', 12, namedTopics('negotiation-tags'), {
      reframe: withUnknownTag,
      about: 'tagged',
    }),
    ask('Produce', 9, produceTo('negotiation-tags', batch(['a'])), { reframe: withUnknownTag }),
    ask('Fetch', 12, fetchFrom({ name: 'negotiation-tags' }), { reframe: withUnknownTag }),
    ask(
      'ListOffsets',
      6,
      {
        replicaId: -1,
        topics: [{ name: 'negotiation-tags', partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
      },
      { reframe: withUnknownTag },
    ),
    ask(
      'InitProducerId',
      2,
      { transactionalId: null, transactionTimeoutMs: 1 },
      {
        reframe: withUnknownTag,
      },
    ),
    ask(
      'DescribeCluster',
      0,
      { includeClusterAuthorizedOperations: false },
      {
        reframe: withUnknownTag,
      },
    ),
    ask(
      'FindCoordinator',
      4,
      { keyType: 0, coordinatorKeys: ['warm'] },
      { reframe: withUnknownTag },
    ),
  ],
  'a client without a name': [
    raw(
      'null',
      Buffer.concat(
        encodeRequest('Metadata', 12, { correlationId: 1, clientId: null }, metadataOf) as Buffer[],
      ),
      answeredBy('Metadata', 12),
    ),
  ],
})

function encoded<N extends ApiName>(
  api: N,
  version: number,
  body: RequestInputOf<N>,
  correlationId = 1,
): Buffer {
  const header = { correlationId, clientId: 'raw' }
  return Buffer.concat(encodeRequest(api, version, header, body) as Uint8Array[])
}

/** A header of version 1 with whatever behind it. */
function frameOf(
  key: number,
  version: number,
  correlationId: number,
  body = Buffer.alloc(0),
): Buffer {
  const header = Buffer.alloc(10)
  header.writeInt16BE(key, 0)
  header.writeInt16BE(version, 2)
  header.writeInt32BE(correlationId, 4)
  header.writeInt16BE(-1, 8)
  return sized(Buffer.concat([header, body]))
}

function sized(frame: Buffer): Buffer {
  const size = Buffer.alloc(4)
  size.writeInt32BE(frame.length)
  return Buffer.concat([size, frame])
}

/** Without its last bytes, of which its size says nothing. */
function shortened(frame: Buffer, bytes: number): Buffer {
  return sized(frame.subarray(4, frame.length - bytes))
}

function padded(frame: Buffer): Buffer {
  return sized(Buffer.concat([frame.subarray(4), Buffer.from([1, 2, 3])]))
}

function twice(frame: Buffer): Buffer {
  return Buffer.concat([frame, frame])
}

/** Where a byte of the body is, behind size and header of the client `raw`. */
function at(position: number): number {
  return 4 + 10 + 3 + position
}

function changed(frame: Buffer, position: number, byte: number): Buffer {
  const copy = Buffer.from(frame)
  copy[position] = byte
  return copy
}

/** Ends with a tag of three bytes, where it ended with none. */
function withUnknownTag(frame: Buffer): Buffer {
  const tag = Buffer.from([1, 99, 3, 1, 2, 3])
  return sized(Buffer.concat([frame.subarray(4, -1), tag]))
}

function answeredBy(api: ApiName, version: number) {
  return { answers: [[api, version] as const] }
}
