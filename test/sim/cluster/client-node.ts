import { NetworkError } from '../../../broker/net/network-error.ts'
import { sleep } from '../../../lib/clock.ts'
import type { Incarnation } from '../core/incarnation.ts'
import type { Network } from '../core/network.ts'
import type { Connection } from '../core/transport.ts'
import { dataPort } from './data-node.ts'
import type { Produced } from './replica.ts'

export type ClientNode = {
  /** Sends one record, again and again until it is acknowledged. @param first The place of the broker to try first. */
  produce(first: number): void
  /** How many records there were to be sent. */
  readonly asked: number
  /** How many of them are under way. */
  readonly pending: number
}

/** A producer with acks=all. It does not know who leads, and finds out by trying. */
export function startClient(
  node: Incarnation,
  about: { network: Network; hosts: readonly string[]; onAcknowledged: (value: string) => void },
): ClientNode {
  const { network, hosts, onAcknowledged } = about
  const transport = network.transportOf(node)
  const connections = new Map<string, Promise<Connection>>()
  let [asked, pending] = [0, 0]
  return {
    get asked() {
      return asked
    },
    get pending() {
      return pending
    },
    produce(first) {
      const number = asked++
      pending++
      node.start(async () => {
        for (let attempt = 0; attempt < mostAttempts; attempt++) {
          const host = hosts[(first + attempt) % hosts.length] as string
          // Another value each time: what was not acknowledged may be there all the same.
          const value = `${number}.${attempt}`
          if ((await send(host, value)) === 'done') {
            onAcknowledged(value)
            break
          }
          await sleep(node.clock, 100)
        }
        pending--
      })
    },
  }

  async function send(host: string, value: string): Promise<Produced | undefined> {
    try {
      const known = connections.get(host)
      const dialled = known ?? transport.connect({ host, port: dataPort })
      connections.set(host, dialled)
      const connection = await dialled
      return (await connection.request('produce', value, { timeoutMs: 3_000 })) as Produced
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error
      connections.delete(host)
      return undefined
    }
  }
}

const mostAttempts = 60
