import type { EndOf, PartitionKey, ReplicaEnd } from './decide/partition/last-members.ts'

type Said = { readonly brokerEpoch: number; readonly ends: ReadonlyMap<string, ReplicaEnd> }

/**
 * Where logs end of partitions that nobody can lead before all who may have something have said so. It
 * is in no log: a controller that takes over hears it again.
 */
export class ReplicaEnds {
  /** By broker, what its last heartbeat said. */
  readonly #said = new Map<number, Said>()

  heard(
    { brokerId, brokerEpoch }: { brokerId: number; brokerEpoch: number },
    told: readonly (PartitionKey & ReplicaEnd)[],
  ): void {
    if (told.length === 0) this.#said.delete(brokerId)
    else {
      const ends = new Map(told.map((end) => [keyOf(end), end]))
      this.#said.set(brokerId, { brokerEpoch, ends })
    }
  }

  /** @param epochOf The present epoch of a broker: what an earlier process said is nothing. */
  endOf(epochOf: (brokerId: number) => number | undefined): EndOf {
    return (brokerId, of) => {
      const said = this.#said.get(brokerId)
      return said?.brokerEpoch === epochOf(brokerId) ? said?.ends.get(keyOf(of)) : undefined
    }
  }
}

function keyOf({ topicId, partition }: PartitionKey): string {
  return `${topicId} ${partition}`
}
