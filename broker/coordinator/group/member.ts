/** A way of sharing the work that a member can take part in, and what it says to whoever shares. */
export type Protocol = { readonly name: string; readonly metadata: Uint8Array }

/** One member of a classic group. */
export type Member = {
  readonly memberId: string
  /** Of a static member (KIP-345), or null. */
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  rebalanceTimeoutMs: number
  sessionTimeoutMs: number
  /** In the order of its preference, never none. */
  protocols: readonly Protocol[]
  assignment: Uint8Array
  /** It waits for the answer to its first JoinGroup, and may have gone away meanwhile. */
  isNew: boolean
  /** When its session ends, on the monotonic clock; Infinity where its request is waiting. */
  expiresAtMs: number
}

export const noAssignment = new Uint8Array(0)

/** What a member says of one protocol; nothing where it does not know that. */
export function metadataOf({ protocols }: Member, name: string): Uint8Array {
  return protocols.find((own) => own.name === name)?.metadata ?? noAssignment
}

export function supports({ protocols }: Member, name: string): boolean {
  return protocols.some((own) => own.name === name)
}

/** Whether a member says the same as before, in the same order. */
export function isSameProtocols(one: readonly Protocol[], other: readonly Protocol[]): boolean {
  if (one.length !== other.length) return false
  return one.every(({ name, metadata }, index) => {
    const { name: otherName, metadata: otherMetadata } = other[index] as Protocol
    return name === otherName && isSameBytes(metadata, otherMetadata)
  })
}

/** What is kept of a request is copied: its frame is used again. */
export function copied(protocols: readonly Protocol[]): Protocol[] {
  return protocols.map(({ name, metadata }) => ({ name, metadata: new Uint8Array(metadata) }))
}

function isSameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index])
}
