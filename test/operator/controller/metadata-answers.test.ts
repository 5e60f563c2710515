import { expect, test } from 'vitest'
import { readSnapshot } from '../../../broker/metadata/snapshot.ts'
import { decode, encode } from '../../../broker/protocol/codec/codec.ts'
import { FetchSnapshotRequest } from '../../../broker/protocol/generated/controller.ts'
import { errorCodes } from '../../../broker/protocol/generated/error-codes.ts'
import { FetchRequest } from '../../../broker/protocol/generated/produce-fetch.ts'
import type { InputOf, Message, MessageOf } from '../../../broker/protocol/schema/message.ts'
import { MetadataAnswers } from '../../../operator/controller/metadata-answers.ts'
import { MetadataWriter } from '../../../operator/controller/metadata-writer.ts'
import { MemoryLog, MemoryStore } from '../../../operator/controller/store/memory-store.ts'
import { brokerOf, uuid } from '../../broker/metadata/support.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const topicId = 'AAAAAAAAAAAAAAAAAAAAAQ'

test('a snapshot is there until nobody came for it for a minute', async () => {
  const { clock, behindSnapshot, fetch, fetchSnapshot } = await start()
  const { endOffset = -1, epoch = -1 } = (await fetch(0))?.snapshotId ?? {}
  const snapshotId = { endOffset, epoch }
  await clock.advance(50_000)
  await fetch(0) // another one is told of it
  await clock.advance(50_000)
  await fetch(behindSnapshot)
  const piece = fetchSnapshot(snapshotId)
  expect(readSnapshot(piece?.unalignedRecords as Uint8Array).brokers.has(1)).toBe(true)

  await clock.advance(70_000)
  await fetch(behindSnapshot)
  expect(fetchSnapshot(snapshotId)?.errorCode).toBe(errorCodes.SNAPSHOT_NOT_FOUND)
})

/** Of a log whose beginning is only in a snapshot. */
async function start() {
  const clock = new ManualClock()
  const log = new MemoryLog({ clusterId: 'c' })
  log.append([brokerOf(1, 1)], 0)
  const { state } = log.read()
  log.takeSnapshot(state, 0)
  const writer = await MetadataWriter.open({
    store: new MemoryStore({ log, clock }),
    clock,
    incarnationId: uuid(1),
    onCommit: () => {},
    onStopped: () => {},
    log: () => {},
    onFatal(error) {
      throw error
    },
  })
  const answers = new MetadataAnswers(writer, clock)
  return {
    clock,
    /** Where a broker fetches that has what the snapshot has. */
    behindSnapshot: state.offset,
    fetch: async (fetchOffset: number) => {
      const partition = { partition: 0, fetchOffset, partitionMaxBytes: 1_000_000 }
      const { responses } = await answers.fetch(
        asRead(FetchRequest, 17, {
          maxWaitMs: 0,
          minBytes: 1,
          topics: [{ topicId, partitions: [partition] }],
        }),
        () => {},
      )
      return responses[0]?.partitions[0]
    },
    fetchSnapshot: (snapshotId: { endOffset: number; epoch: number }) => {
      const partition = { partition: 0, currentLeaderEpoch: -1, snapshotId, position: 0 }
      const topics = [{ name: '__cluster_metadata', partitions: [partition] }]
      const request = asRead(FetchSnapshotRequest, 0, { maxBytes: 1_000_000, topics })
      return answers.fetchSnapshot(request).topics[0]?.partitions[0]
    },
  }
}

/** With all fields, as a broker's request comes in. */
function asRead<M extends Message>(type: M, version: number, request: InputOf<M>): MessageOf<M> {
  return decode(type, version, Buffer.concat(encode(type, version, request) as Uint8Array[]))
}
