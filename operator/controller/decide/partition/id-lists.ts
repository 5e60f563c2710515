type Ids = readonly number[]

/** The same brokers in the same order. */
export function isSameList(one: Ids, other: Ids): boolean {
  return one.length === other.length && one.every((id, at) => id === other[at])
}

/** The same brokers in any order. Neither names one twice. */
export function hasSameMembers(one: Ids, other: Ids): boolean {
  return one.length === other.length && one.every((id) => other.includes(id))
}
