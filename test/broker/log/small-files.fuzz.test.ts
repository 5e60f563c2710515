import { afterAll, expect, test } from 'vitest'
import { decodeCleanShutdown } from '../../../broker/log/clean-shutdown.ts'
import { decodeGround, encodeGround } from '../../../broker/log/ground.ts'
import { decodeLeaderEpochs } from '../../../broker/log/leader-epoch-checkpoint.ts'
import { LeaderEpochs } from '../../../broker/log/leader-epochs.ts'
import { decodeMetaProperties } from '../../../broker/log/meta-properties.ts'
import { decodeOffsetCheckpoint } from '../../../broker/log/offset-checkpoint.ts'
import { decodePartitionMetadata } from '../../../broker/log/partition-metadata.ts'
import { ProducerState } from '../../../broker/log/producer-state.ts'
import {
  decodeTransactionIndex,
  searchAborted,
  transactionIndexEnd,
} from '../../../broker/log/transaction-index.ts'
import { writeInt32 } from '../../../broker/protocol/records/bytes.ts'
import { crc32c } from '../../../lib/crc32c.ts'
import { mutations } from '../../support/mutate.ts'
import { fromBase64, kafkaFiles, toBase64 } from './kafka-files.ts'
import { corruptionOf, marker } from './small-file-support.ts'

// Nearly all that is thrown here is expected, and stacks are most of its cost.
const { stackTraceLimit } = Error
Error.stackTraceLimit = 0
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit
})

const decoders: Record<string, { originals: { base64: string }[]; read: Read }> = {
  snapshot: { originals: kafkaFiles.producerSnapshots, read: readSnapshot },
  txnindex: { originals: kafkaFiles.transactionIndexes.slice(1), read: readTransactionIndex },
  'leader-epoch-checkpoint': {
    originals: kafkaFiles.leaderEpochRuns,
    read: (bytes) => new LeaderEpochs(decodeLeaderEpochs(bytes)),
  },
  'replication-offset-checkpoint': {
    originals: kafkaFiles.offsetCheckpoints,
    read: (bytes) => decodeOffsetCheckpoint('replication-offset-checkpoint', bytes),
  },
  'partition.metadata': { originals: kafkaFiles.partitionMetadata, read: decodePartitionMetadata },
  'meta.properties': { originals: kafkaFiles.metaProperties, read: decodeMetaProperties },
  '.kavka_ground': {
    originals: [{ base64: toBase64(encodeGround({ bootId: 'f00-1', device: '2049' })) }],
    read: decodeGround,
  },
  '.kafka_cleanshutdown': { originals: kafkaFiles.cleanShutdown, read: decodeCleanShutdown },
}
type Read = (bytes: Uint8Array) => unknown

test.each(Object.entries(decoders))(
  '%s: damaged bytes are read or refused with a CorruptFileError',
  (file, { originals, read }) => {
    let refused = 0
    let accepted = 0
    for (const { base64 } of originals) {
      const count = Math.ceil(20_000 / originals.length)
      for (const bytes of mutations(fromBase64(base64), { count, seed: 5 })) {
        const error = corruptionOf(() => read(bytes))
        if (error === undefined) accepted++
        else refused++
        if (error !== undefined && error.file !== file) throw new Error(error.message)
      }
    }
    expect(refused).toBeGreaterThan(2_000) // otherwise it tests nothing
    expect(accepted).toBeGreaterThan(10)
  },
)

/** With a CRC that matches, so that what follows it is read too, and with what comes of it used. */
function readSnapshot(bytes: Uint8Array): void {
  if (bytes.length >= 6) writeInt32(bytes, 2, crc32c(bytes.subarray(6)) | 0)
  const expiry = { nowMs: 1_700_000_000_000, producerIdExpirationMs: 86_400_000 }
  const state = ProducerState.fromSnapshot(bytes, { mapEndOffset: 2 ** 52, ...expiry })
  for (const producer of state.producers()) {
    state.end(marker({ ...producer, offset: state.mapEndOffset }))
  }
  expect(state.firstUndecidedOffset).toBeUndefined()
  state.toSnapshot()
}

function readTransactionIndex(bytes: Uint8Array): void {
  searchAborted(bytes, { fetchOffset: 0, upperBoundOffset: 1_050 })
  transactionIndexEnd(bytes, 1_040)
  decodeTransactionIndex(bytes, { baseOffset: 1_000 })
}
