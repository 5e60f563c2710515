import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { type StubRequest, serveConnection } from './stub-broker/connection.ts'
import { StubTopics } from './stub-broker/topics.ts'

/** A batch as a producer sent it. */
export type ProducedBatch = {
  readonly topic: string
  readonly partition: number
  readonly batch: Uint8Array
}

export type StubBroker = AsyncDisposable & {
  /** As clients take it. */
  readonly bootstrapServers: string
  /** What was produced so far. It can be fetched too. */
  readonly produced: readonly ProducedBatch[]
  /** What was asked so far, on all connections. */
  readonly requests: readonly StubRequest[]
}

/**
 * Starts the smallest broker that real clients produce to and consume from, on a free port of
 * loopback: one node, topics in memory with one partition each, made when they are asked for,
 * groups of one member. It speaks through our codec and checks nothing.
 *
 *     await using stub = await startStubBroker({ topics: { orders: [batch] } })
 *
 * Disposing closes every connection, and throws if a client asked what the stub has no answer to.
 *
 * @param topics For each topic the batches of its partition 0, which get their offsets here.
 */
export async function startStubBroker({
  topics = {},
}: {
  topics?: Readonly<Record<string, readonly Uint8Array[]>>
} = {}): Promise<StubBroker> {
  const produced: ProducedBatch[] = []
  const requests: StubRequest[] = []
  const closing = new AbortController()
  const sockets = new Set<Socket>()
  const served: Promise<void>[] = []
  const problems: unknown[] = []

  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    const connection = serveConnection(socket, context, (request) => requests.push(request))
    served.push(connection.catch((error: unknown) => void problems.push(error)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { address: host, port } = server.address() as AddressInfo
  const context = {
    node: { nodeId: 1, host, port },
    topics: new StubTopics(topics),
    onProduced: (topic: string, partition: number, batch: Uint8Array) => {
      produced.push({ topic, partition, batch })
    },
    signal: closing.signal,
  }

  return {
    bootstrapServers: `${host}:${port}`,
    produced,
    requests,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      closing.abort()
      for (const socket of sockets) socket.destroy()
      await closed
      await Promise.all(served)
      if (problems.length > 0) throw new AggregateError(problems, problems.join('\n'))
    },
  }
}
