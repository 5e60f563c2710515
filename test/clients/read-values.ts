import { connect } from '../../broker/net/connect.ts'
import { nextOffsetOf } from '../../broker/protocol/records/header.ts'
import { readRecords } from '../../broker/protocol/records/read.ts'
import { batchStarts } from '../../broker/protocol/records/walk.ts'
import { realClock, sleep } from '../../lib/clock.ts'

/** The values of all records of a topic, partition by partition, by plain fetches from each leader. */
export async function valuesIn(bootstrapServers: string, topic: string): Promise<string[]> {
  const values: string[] = []
  for (const { leader, partition } of await leadersOf(bootstrapServers, topic)) {
    const connection = await dial(leader)
    for (let offset = 0, end = 1; offset < end; ) {
      const { responses } = await connection.request('Fetch', 11, {
        maxWaitMs: 0,
        minBytes: 0,
        maxBytes: 1024 * 1024,
        topics: [
          {
            topic,
            partitions: [{ partition, fetchOffset: offset, partitionMaxBytes: 1024 * 1024 }],
          },
        ],
      })
      const got = responses[0]?.partitions[0]
      if (got?.errorCode !== 0) throw new Error(`Fetch was answered ${got?.errorCode}`)
      end = got.highWatermark
      const bytes = got.records ?? new Uint8Array(0)
      for (const start of batchStarts(bytes)) {
        for (const { value } of readRecords(bytes, { start, budget: { remainingBytes: 1e8 } })) {
          values.push(Buffer.from(value ?? []).toString())
        }
        offset = nextOffsetOf(bytes, start)
      }
    }
    connection.close()
  }
  return values
}

/** Where each partition of a topic is led, by its number. As any client does it asks again while one has no leader. */
export async function leadersOf(bootstrapServers: string, topic: string) {
  const connection = await dial(bootstrapServers)
  const ask = () => connection.request('Metadata', 8, { topics: [{ name: topic }] })
  let { brokers, topics } = await ask()
  const partitions = () => topics[0]?.partitions ?? []
  const endMs = performance.now() + 10_000
  while (partitions().some(({ leaderId }) => leaderId === -1) && performance.now() < endMs) {
    await sleep(realClock, 20)
    ;({ brokers, topics } = await ask())
  }
  connection.close()
  return partitions().map(({ partitionIndex: partition, leaderId }) => {
    const broker = brokers.find(({ nodeId }) => nodeId === leaderId)
    if (broker === undefined) throw new Error(`partition ${partition} of ${topic} has no leader`)
    return { partition, leader: `${broker.host}:${broker.port}` }
  })
}

function dial(address: string) {
  const [host = '', port = ''] = address.split(':')
  return connect({ host, port: Number(port), clock: realClock, clientId: 'read-values' })
}
