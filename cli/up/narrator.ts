import type { BrokerStatus, ClusterStatus, UpStatus } from '../../operator/embedded/status.ts'

/**
 * What whoever watches a terminal is told of brokers that come and go. Pure but for what it
 * remembers: the state that it told of last.
 */
export class Narrator {
  readonly #told = new Map<string, string>()
  readonly #greeted = new Set<string>()

  /** @returns Lines, one for each thing that changed. */
  next({ clusters }: Pick<UpStatus, 'clusters'>): string[] {
    return clusters.flatMap((cluster) => this.#ofCluster(cluster))
  }

  /** Clusters that can be used now, and could not before. Each is named once. */
  ready({ clusters }: Pick<UpStatus, 'clusters'>): ClusterStatus[] {
    const ready = clusters.filter(({ brokers }) => {
      return brokers.length > 0 && brokers.every(({ state }) => state === 'Ready')
    })
    const fresh = ready.filter(({ clusterId }) => !this.#greeted.has(clusterId))
    for (const { clusterId } of fresh) this.#greeted.add(clusterId)
    return fresh
  }

  #ofCluster(cluster: ClusterStatus): string[] {
    const lines = cluster.brokers.flatMap((broker) => {
      const said = inWords(broker)
      return this.#isNew(`${cluster.clusterId}/${broker.id}`, said)
        ? [`KafkaCluster ${cluster.name}: broker ${broker.id} ${said}`]
        : []
    })
    lines.push(...this.#gone(cluster))
    const { problem } = cluster
    const said = problem === null ? '' : `nothing can be decided: ${problem}; brokers serve on`
    return this.#isNew(cluster.clusterId, said) && said !== ''
      ? [...lines, `KafkaCluster ${cluster.name}: ${said}`]
      : lines
  }

  /** Brokers that are not told of any more: nobody wants them, and their processes have ended. */
  #gone({ clusterId, name, brokers }: ClusterStatus): string[] {
    const there = new Set(brokers.map(({ id }) => `${clusterId}/${id}`))
    const gone = [...this.#told.keys()].filter((key) => {
      return key.startsWith(`${clusterId}/`) && !there.has(key)
    })
    return gone.map((key) => {
      this.#told.delete(key)
      return `KafkaCluster ${name}: broker ${key.slice(clusterId.length + 1)} is stopped`
    })
  }

  #isNew(key: string, said: string): boolean {
    if (this.#told.get(key) === said) return false
    this.#told.set(key, said)
    return said !== ''
  }
}

function inWords({ state, endpoint, pid, problem }: BrokerStatus): string {
  switch (state) {
    case 'Ready':
      return `is ready on ${endpoint} (pid ${pid})`
    case 'DiskFailing':
      return `cannot write: ${problem}`
    case 'Waiting':
      return `ended${because(problem)}; it is started again`
    case 'Stopped':
      return `is stopped`
    case 'Starting':
    case 'Stopping':
      return `is ${state.toLowerCase()}`
  }
}

function because(problem: string | null): string {
  return problem === null ? '' : `: ${problem}`
}
