import type { Addresses } from '../../bench/failover/partition.ts'
import { kubectl, until } from './kubectl.ts'

/** A broker of the cluster `demo`, as Kubernetes tells it. */
export type BrokerPod = {
  readonly id: number
  readonly name: string
  /** Such as `node1`. */
  readonly node: string
  /** Undefined while it has none. */
  readonly host: string | undefined
  readonly isReady: boolean
}

export async function brokerPods(): Promise<BrokerPod[]> {
  const selector = 'app.kubernetes.io/component=broker,app.kubernetes.io/instance=demo'
  const { items } = JSON.parse(await kubectl('get', 'pods', '-l', selector, '-o', 'json')) as Pods
  return items.map(({ metadata: { name }, spec, status }) => ({
    id: Number(name.split('-').at(-1)),
    name,
    node: spec.nodeName ?? '',
    host: status.podIP,
    isReady:
      status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true,
  }))
}

type Pods = {
  readonly items: readonly {
    readonly metadata: { readonly name: string }
    readonly spec: { readonly nodeName?: string }
    readonly status: {
      readonly podIP?: string
      readonly conditions?: readonly { readonly type: string; readonly status: string }[]
    }
  }[]
}

/** Where this machine reaches each of them, not older than a second. A pod has another address each time. */
export function brokerAddresses(): Addresses {
  let askedMs = Number.NEGATIVE_INFINITY
  let known: ReadonlyMap<number, { host: string; port: number }> = new Map()
  return async () => {
    if (performance.now() - askedMs < 1_000) return known
    const pods = await until(
      'all brokers have an address',
      brokerPods,
      (all) => all.length > 0 && all.every(({ host }) => host !== undefined),
      { withinMs: 120_000, everyMs: 1_000 },
    )
    known = new Map(pods.map(({ id, host = '' }) => [id, { host, port: 9_092 }]))
    askedMs = performance.now()
    return known
  }
}

/** Three of them on three nodes: that on `first` is the first. */
export async function threeApart(first?: string): Promise<[BrokerPod, BrokerPod, BrokerPod]> {
  const byNode = new Map((await brokerPods()).map((pod) => [pod.node, pod]))
  const own = byNode.get(first ?? '') ?? [...byNode.values()][0]
  const others = [...byNode.values()].filter((pod) => pod !== own)
  const [second, third] = others
  if (own === undefined || second === undefined || third === undefined) {
    throw new Error(`three brokers are to be on three nodes: ${JSON.stringify([...byNode])}`)
  }
  return [own, second, third]
}
