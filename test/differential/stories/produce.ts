import { at, attribute } from '../../../broker/protocol/records/layout.ts'
import {
  altered,
  batch,
  createTopic,
  damaged,
  fetchFrom,
  noId,
  produceById,
  produceTo,
  unknownId,
} from '../requests.ts'
import { type Ask, ask, family, type Seen, tell } from '../story.ts'

const two = batch(['a', 'b'])

/** As one producer sends it, whose id was the last that was given out. */
function idempotent(seen: Seen, baseSequence: number, producerEpoch = 0, values = ['a', 'b']) {
  const { producerId } = seen.last('InitProducerId')
  return batch(values, { producerId, producerEpoch, baseSequence })
}

const newProducer = ask('InitProducerId', 4, {
  transactionalId: null,
  transactionTimeoutMs: 60_000,
})

export const produce = family('produce', {
  'a batch is appended in every version': [
    createTopic('produce-versions'),
    ask('Produce', [3, 5, 7, 8, 9, 10, 11, 12], produceTo('produce-versions', two)),
    ask('Produce', 13, (seen) => produceById(seen.topicId('produce-versions'), batch(['c']))),
    ask('Fetch', 12, fetchFrom({ name: 'produce-versions' })),
  ],

  'acks 1 is answered as acks -1 is': [
    createTopic('produce-acks'),
    ask('Produce', [3, 9], produceTo('produce-acks', two, { acks: 1 })),
  ],

  'acks that are none are refused': [
    createTopic('produce-no-acks'),
    ask('Produce', [3, 7, 8, 12], produceTo('produce-no-acks', two, { acks: 2 }), {
      gives: 'INVALID_REQUIRED_ACKS',
    }),
    ask('Produce', 9, produceTo('produce-no-acks', two, { acks: -2 }), {
      gives: 'INVALID_REQUIRED_ACKS',
    }),
    ask('Fetch', 12, fetchFrom({ name: 'produce-no-acks' })),
  ],

  'without an answer, the connection tells of an error': [
    createTopic('produce-silent'),
    tell('Produce', [3, 9, 12], produceTo('produce-silent', two, { acks: 0 })),
    tell('Produce', [3, 9], produceTo('produce-nowhere', two, { acks: 0 })),
    tell('Produce', 9, produceTo('produce-silent', two, { acks: 0, index: 7 })),
    tell('Produce', 9, produceTo('produce-silent', damaged(two, spoil), { acks: 0 })),
    ask('Fetch', 12, fetchFrom({ name: 'produce-silent' })),
  ],

  'topics and partitions that are not there': [
    createTopic('produce-somewhere'),
    ask('Produce', [3, 8, 12], produceTo('produce-nowhere', two), {
      gives: 'UNKNOWN_TOPIC_OR_PARTITION',
    }),
    ask('Produce', [3, 12], produceTo('produce-somewhere', two, { index: 1 }), {
      gives: 'UNKNOWN_TOPIC_OR_PARTITION',
    }),
    ask('Produce', 12, produceTo('produce-somewhere', two, { index: -1 }), {
      gives: 'UNKNOWN_TOPIC_OR_PARTITION',
    }),
    ask('Produce', 9, produceTo('no/name', two), { gives: 'UNKNOWN_TOPIC_OR_PARTITION' }),
    ask('Produce', 9, produceTo('', two), { gives: 'UNKNOWN_TOPIC_OR_PARTITION' }),
    ask('Produce', 13, produceById(unknownId, two), { gives: 'UNKNOWN_TOPIC_ID' }),
    ask('Produce', 13, produceById(noId, two), { gives: 'UNKNOWN_TOPIC_ID' }),
  ],

  'one bad partition fails alone': [
    createTopic('produce-many', { partitions: 3 }),
    ask('Produce', [8, 12], {
      acks: -1,
      timeoutMs: 30_000,
      topicData: [
        {
          name: 'produce-many',
          partitionData: [
            { index: 0, records: two },
            { index: 1, records: damaged(two, spoil) },
            { index: 2, records: batch(['c']) },
            { index: 3, records: batch(['d']) },
          ],
        },
        { name: 'produce-nowhere', partitionData: [{ index: 0, records: two }] },
      ],
    }),
    ask('Fetch', 12, fetchFrom({ name: 'produce-many' }, { partition: 2 })),
  ],

  'nothing to append': [
    createTopic('produce-nothing'),
    ask('Produce', 9, { acks: -1, timeoutMs: 30_000, topicData: [] }),
    ask('Produce', [3, 9], produceTo('produce-nothing', Buffer.alloc(0)), {
      gives: 'INVALID_RECORD',
    }),
  ],

  'batches that are damaged': [
    createTopic('produce-spoilt'),
    ask('Produce', [3, 8, 12], produceTo('produce-spoilt', damaged(two, spoil)), {
      gives: 'CORRUPT_MESSAGE',
    }),
    cases('produce-damaged', {
      'cut off': two.subarray(0, two.length - 1),
      'cut off in its header': two.subarray(0, 30),
      'cut off in its length': two.subarray(0, 10),
      'with a length that is too small': damaged(two, (copy) =>
        copy.writeInt32BE(10, at.batchLength),
      ),
      'with a negative length': damaged(two, (copy) => copy.writeInt32BE(-1, at.batchLength)),
      'of magic 1': damaged(two, (copy) => copy.writeInt8(1, at.magic)),
      'of magic 3': damaged(two, (copy) => copy.writeInt8(3, at.magic)),
      'of magic -1': damaged(two, (copy) => copy.writeInt8(-1, at.magic)),
    }),
  ],

  'two batches for a partition': [
    createTopic('produce-two'),
    ask('Produce', [3, 12], produceTo('produce-two', Buffer.concat([two, two])), {
      gives: 'INVALID_RECORD',
    }),
  ],

  'headers that make no sense': [
    cases('produce-nonsense', {
      'fewer records than it says': altered(two, (copy) => copy.writeInt32BE(3, at.recordsCount)),
      'more records than it says': altered(two, (copy) => copy.writeInt32BE(1, at.recordsCount)),
      'no records': altered(two, (copy) => copy.writeInt32BE(0, at.recordsCount)),
      'a negative count': altered(two, (copy) => copy.writeInt32BE(-1, at.recordsCount)),
      'another last offset': altered(two, (copy) => copy.writeInt32BE(5, at.lastOffsetDelta)),
      'a negative last offset': altered(two, (copy) => copy.writeInt32BE(-1, at.lastOffsetDelta)),
      'another base offset': altered(two, (copy) => copy.writeBigInt64BE(5n, at.baseOffset)),
      'a compression that there is not': attributes(5),
      'a control batch': attributes(attribute.control),
      'a delete horizon': attributes(attribute.deleteHorizon),
      'bits that nobody uses': attributes(1 << 9),
      'the time of its append': attributes(attribute.logAppendTime),
      'a producer without a sequence': batch(['a'], { producerId: 1, producerEpoch: 0 }),
      'a producer without an epoch': batch(['a'], { producerId: 1, baseSequence: 0 }),
      'a transaction of nobody': attributes(attribute.transactional),
      'a max timestamp that no record has': altered(two, (copy) => {
        copy.writeBigInt64BE(5n, at.maxTimestamp)
      }),
    }),
  ],

  'records that make no sense': [
    cases('produce-broken', {
      'a record that is longer than the batch': altered(two, (copy) =>
        copy.writeInt8(126, at.records),
      ),
      'a record of a negative length': altered(two, (copy) => copy.writeInt8(1, at.records)),
      'a record with another offset': altered(two, (copy) => copy.writeInt8(4, at.records + 3)),
      'no gzip inside': attributes(1),
      'no zstd inside': attributes(4),
    }),
  ],

  'every compression': [
    createTopic('produce-compressed'),
    (['gzip', 'snappy', 'lz4', 'zstd'] as const).map((compression) => [
      ask('Produce', 9, produceTo('produce-compressed', batch(['a', 'b'], { compression }))),
    ]),
    ask('Fetch', [10, 12], fetchFrom({ name: 'produce-compressed' })),
    ask('Produce', [3, 6], produceTo('produce-compressed', batch(['a'], { compression: 'zstd' })), {
      gives: 'UNSUPPORTED_COMPRESSION_TYPE',
    }),
    ask('Produce', 7, produceTo('produce-compressed', batch(['a'], { compression: 'zstd' }))),
  ],

  'batches that are too large': [
    createTopic('produce-large', { configs: { 'max.message.bytes': '200' } }),
    ask('Produce', [3, 9], produceTo('produce-large', batch(['x'.repeat(200)])), {
      gives: 'MESSAGE_TOO_LARGE',
    }),
    ask('Produce', 9, produceTo('produce-large', batch(['x'.repeat(20)]))),
  ],

  'times that are too far from now': [
    createTopic('produce-late'),
    createTopic('produce-early', { configs: { 'message.timestamp.before.max.ms': '1000' } }),
    ask(
      'Produce',
      [7, 8, 9],
      produceTo('produce-late', batch(['a', 'b'], { atMs: 4_000_000_000_000 })),
      {
        gives: 'INVALID_TIMESTAMP',
      },
    ),
    ask('Produce', 9, produceTo('produce-early', two), { gives: 'INVALID_TIMESTAMP' }),
    ask('Produce', 9, produceTo('produce-late', batch(['a'], { atMs: -1 }))),
  ],

  'a topic that takes the time of the append': [
    createTopic('produce-append-time', { configs: { 'message.timestamp.type': 'LogAppendTime' } }),
    ask('Produce', [3, 9], produceTo('produce-append-time', two)),
    ask('Fetch', 12, fetchFrom({ name: 'produce-append-time' })),
  ],

  'a compacted topic wants keys': [
    createTopic('produce-compacted', { configs: { 'cleanup.policy': 'compact' } }),
    ask('Produce', 9, produceTo('produce-compacted', two)),
    ask('Produce', [7, 8, 12], produceTo('produce-compacted', withoutKeys()), {
      gives: 'INVALID_RECORD',
    }),
  ],

  'an idempotent producer': [
    createTopic('produce-idempotent'),
    newProducer,
    ask('Produce', 9, (seen) => produceTo('produce-idempotent', idempotent(seen, 0))),
    ask('Produce', [7, 9], (seen) => produceTo('produce-idempotent', idempotent(seen, 0))), // again
    ask('Produce', 9, (seen) => produceTo('produce-idempotent', idempotent(seen, 2))),
    ask('Produce', [8, 12], (seen) => produceTo('produce-idempotent', idempotent(seen, 9)), {
      gives: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
    }),
    [4, 6, 8, 10, 12].map((next) =>
      ask('Produce', 9, (seen) => produceTo('produce-idempotent', idempotent(seen, next))),
    ),
    // Not one of the five that are remembered.
    ask('Produce', 9, (seen) => produceTo('produce-idempotent', idempotent(seen, 0)), {
      gives: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
    }),
    ask('Fetch', 12, fetchFrom({ name: 'produce-idempotent' }, { fetchOffset: 4 })),
  ],

  'epochs of a producer': [
    createTopic('produce-epochs'),
    newProducer,
    ask('Produce', 9, (seen) => produceTo('produce-epochs', idempotent(seen, 0, 3))),
    ask('Produce', [9, 12], (seen) => produceTo('produce-epochs', idempotent(seen, 2, 2)), {
      gives: 'INVALID_PRODUCER_EPOCH',
    }),
    ask('Produce', 9, (seen) => produceTo('produce-epochs', idempotent(seen, 2, 4)), {
      gives: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
    }),
    ask('Produce', 9, (seen) => produceTo('produce-epochs', idempotent(seen, 0, 4))),
  ],

  'a producer that the log has not seen may begin anywhere': [
    createTopic('produce-begins'),
    newProducer,
    ask('Produce', 9, (seen) => produceTo('produce-begins', idempotent(seen, 40))),
    ask('Produce', 9, (seen) => produceTo('produce-begins', idempotent(seen, 0)), {
      gives: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
    }),
  ],

  'sequences go on at 0 behind the largest': [
    createTopic('produce-wraps'),
    newProducer,
    ask('Produce', 9, (seen) => produceTo('produce-wraps', idempotent(seen, 2 ** 31 - 2))),
    ask('Produce', 9, (seen) => produceTo('produce-wraps', idempotent(seen, 0))),
  ],

  'fewer copies than are wanted in sync, where there is but one': [
    createTopic('produce-in-sync', { configs: { 'min.insync.replicas': '2' } }),
    ask('Produce', [3, 9], produceTo('produce-in-sync', two)),
    ask('Produce', 9, produceTo('produce-in-sync', two, { acks: 1 })),
  ],

  'no client writes to topics that are the broker’s own': [
    ask('Produce', 9, produceTo('__consumer_offsets', two), { gives: 'INVALID_TOPIC_EXCEPTION' }),
  ],

  'a transaction that nobody began': [
    createTopic('produce-transaction'),
    ask('Produce', 9, produceTo('produce-transaction', two, { transactionalId: 'nobody' })),
    ask('Fetch', 12, fetchFrom({ name: 'produce-transaction' })),
  ],
})

/** Each to a partition of its own, which is then read. */
function cases(topic: string, all: Readonly<Record<string, Uint8Array>>): Ask[] {
  const entries = Object.entries(all)
  return [
    ...createTopic(topic, { partitions: entries.length }),
    ...entries.flatMap(([about, records], index) => [
      ...ask('Produce', 9, produceTo(topic, records, { index }), { about }),
      ...ask('Fetch', 12, fetchFrom({ name: topic }, { partition: index }), { about }),
    ]),
  ]
}

/** Spoils a byte of the last record: the CRC tells. */
function spoil(copy: Buffer): void {
  copy.writeUInt8(copy.readUInt8(copy.length - 3) ^ 1, copy.length - 3)
}

function attributes(bits: number): Buffer {
  return altered(two, (copy) => copy.writeInt16BE(bits, at.attributes))
}

function withoutKeys(): Uint8Array {
  return batch(['a', 'b'], { keys: false })
}
