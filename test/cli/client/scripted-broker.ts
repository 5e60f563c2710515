import { onTestFinished } from 'vitest'
import { listen } from '../../../broker/net/listen.ts'
import type { ResponseInputOf } from '../../../broker/protocol/apis.ts'
import { readRequest, readRequestBody } from '../../../broker/protocol/frames/request.ts'
import { encodeResponse } from '../../../broker/protocol/frames/response.ts'
import { apis } from '../../../broker/protocol/generated/apis.ts'
import { realClock } from '../../../lib/clock.ts'

type Script = {
  /** Nodes that lead partitions from 0 on, as of each question; the last one stays. */
  readonly leaders: number[][]
  /** The code for each request, one after another, or what becomes of its connection. */
  readonly produced: (number | 'closed')[]
}

/** A broker that does as it is told, under every node id. @returns What it was sent. */
export async function scriptBroker({ leaders, produced }: Script) {
  const batches: Uint8Array[] = []
  const listener = await listen({
    host: '127.0.0.1',
    port: 0,
    clock: realClock,
    onRequest(frame, connection) {
      const request = readRequest(frame)
      const { api, version, correlationId } = request
      const answer = connection.begin()
      const send = (body: unknown) =>
        answer.send(encodeResponse(api.name, version, correlationId, body as never))
      if (api.name === 'ApiVersions') return send(apiVersions())
      if (api.name === 'Metadata') return send(metadata())
      const { topicData } = readRequestBody('Produce', request)
      const data = topicData[0]?.partitionData[0]
      batches.push(Uint8Array.from(data?.records ?? []))
      const outcome = produced.shift()
      if (outcome === 'closed') return connection.destroy('Destroyed', 'as the test says')
      send(producedAnswer(data?.index ?? 0, outcome ?? 0))
    },
    onFatal(error) {
      throw error
    },
  })
  onTestFinished(async () => void (await listener.close({ drainMs: 0 })))
  return { batches, address: { host: '127.0.0.1', port: listener.port } }

  function metadata(): ResponseInputOf<'Metadata'> {
    const now = (leaders.length > 1 ? leaders.shift() : leaders[0]) as number[]
    const nodes = [...new Set(now)].filter((id) => id >= 0)
    const partitions = now.map((leaderId, partitionIndex) => {
      return { errorCode: 0, partitionIndex, leaderId, replicaNodes: [], isrNodes: [] }
    })
    return {
      brokers: nodes.map((nodeId) => ({ nodeId, host: '127.0.0.1', port: listener.port })),
      topics: [{ errorCode: 0, name: 'orders', partitions }],
    }
  }
}

function apiVersions(): ResponseInputOf<'ApiVersions'> {
  const apiKeys = Object.values(apis).map(({ key, request }) => {
    const [minVersion, maxVersion] = request.versions
    return { apiKey: key, minVersion, maxVersion }
  })
  return { errorCode: 0, apiKeys }
}

function producedAnswer(index: number, errorCode: number): ResponseInputOf<'Produce'> {
  const partitionResponses = [{ index, errorCode, baseOffset: 0 }]
  return { responses: [{ name: 'orders', partitionResponses }] }
}
