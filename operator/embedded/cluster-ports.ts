/** The ports of one cluster on this machine. */
export type ClusterPorts = {
  /** Broker i listens for clients on `clientBase` + i, for brokers on `internalBase` + i. */
  readonly clientBase: number
  readonly internalBase: number
  readonly metricsBase: number
  readonly controller: number
}

/** Ids above would take the ports of the controller and of the internal listeners. */
export const maxBrokers = 99

/**
 * Which ports a cluster has. One that is alone has the first slot; each further one begins a thousand
 * ports above, clear of the ports of metrics.
 */
export function portsOf(slot: number, basePort: number): ClusterPorts {
  const base = basePort + slot * portsASlot
  return {
    clientBase: base,
    internalBase: base + 100,
    metricsBase: operatorMetricsPort + 1 + slot * 100,
    controller: base + 99,
  }
}

/** Whether there are such ports: there are none above 65,535. */
export function areThere({ internalBase }: ClusterPorts): boolean {
  return internalBase + maxBrokers <= 65_536
}

/** The first slot that nobody has. */
export function freeSlot(taken: ReadonlySet<number>): number {
  let slot = 0
  while (taken.has(slot)) slot++
  return slot
}

export const operatorMetricsPort = 9404
const portsASlot = 1_000
