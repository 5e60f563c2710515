import type { DataDirectory } from '../../broker/log/data-directory/data-directory.ts'
import { appendAsLeader } from '../../broker/log/leader-append.ts'
import { defaultLogConfig } from '../../broker/log/log-config.ts'
import type { MaintainedLog } from '../../broker/log/maintenance/maintained-log.ts'
import type { PartitionLog } from '../../broker/log/partition-log.ts'
import { BrokerTraffic } from '../../broker/partition/traffic.ts'
import { readRequest, readRequestBody } from '../../broker/protocol/frames/request.ts'
import { encodeResponse } from '../../broker/protocol/frames/response.ts'
import { errorCodes } from '../../broker/protocol/generated/error-codes.ts'
import type { MakeServing } from '../../broker/serving.ts'
import { StorageError } from '../../lib/storage-error.ts'

/** The least that a broker can serve: Produce to partitions that it leads, of one batch each. */
export const stubServing: MakeServing = ({ nodeId, dataDirectory, flusher, clock, onFatal }) => {
  const logs = new Map<string, PartitionLog>()
  const traffic = new BrokerTraffic()
  return {
    traffic,
    apply({ topics }) {
      for (const { after } of topics) {
        if (after === undefined) continue
        for (let index = 0; index < after.partitions.count; index++) {
          if (after.partitions.leader(index) !== nodeId) continue
          logs.set(`${after.name}-${index}`, openLog(dataDirectory, after, index))
        }
      }
    },
    handle(frame, connection) {
      const request = readRequest(frame)
      const answer = connection.begin()
      if (request.api.name !== 'Produce') return answer.close('NotInTheStub')
      const { topicData } = readRequestBody('Produce', request)
      const [{ name, partitionData } = { name: '', partitionData: [] }] = topicData
      const [{ index, records } = { index: -1, records: null }] = partitionData
      const log = logs.get(`${name}-${index}`)
      const reply = (errorCode: number, baseOffset: number) => {
        const responses = [{ name, partitionResponses: [{ index, errorCode, baseOffset }] }]
        const { version, correlationId } = request
        answer.send(encodeResponse('Produce', version, correlationId, { responses }))
      }
      if (log === undefined || records === null) return reply(errorCodes.NOT_LEADER_OR_FOLLOWER, -1)
      traffic.of({ topicId: name, topic: name }).produced(records.byteLength, 1)
      const append = async () => {
        const leader = { leaderEpoch: 0, nowMs: clock.nowMs() }
        const [appended] = appendAsLeader(log, [new Uint8Array(records)], leader)
        await log.written()
        flusher.appended(log)
        if (appended === undefined || 'error' in appended) reply(errorCodes.CORRUPT_MESSAGE, -1)
        else reply(0, appended.baseOffset)
      }
      append().catch((error: unknown) => {
        if (error instanceof StorageError) reply(errorCodes.KAFKA_STORAGE_ERROR, -1)
        else onFatal(error)
      })
    },
    timesSentAway: 0,
    *maintained(): Generator<MaintainedLog> {
      for (const [name, log] of logs) {
        const highWatermark = () => log.logEndOffset
        const [, topic = '', partition = ''] = /^(.*)-(\d+)$/.exec(name) ?? []
        const own = { topic, partition: Number(partition) }
        yield { log, partition: own, highWatermark, lastStableOffset: highWatermark }
      }
    },
    onFlushed() {},
    drain() {},
    async stop() {
      logs.clear()
    },
  }
}

function openLog(directory: DataDirectory, topic: { id: string; name: string }, partition: number) {
  const own = { topic: topic.name, partition, topicId: topic.id }
  return directory.open({ ...own, config: defaultLogConfig })
}
