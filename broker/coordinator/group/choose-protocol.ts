import { type Member, type Protocol, supports } from './member.ts'

type Members = ReadonlyMap<string, Member>

/**
 * The protocol of a generation: of those that all members know, the one that most of them put first.
 * On a draw it is that of the member that came first.
 */
export function chooseProtocol(members: Members): string {
  const votes = new Map<string, number>()
  const candidates = knownToAll(members)
  for (const { protocols } of members.values()) {
    const vote = protocols.find(({ name }) => candidates.has(name))?.name
    if (vote !== undefined) votes.set(vote, (votes.get(vote) ?? 0) + 1)
  }
  let chosen = ''
  for (const [name, count] of votes) if (count > (votes.get(chosen) ?? 0)) chosen = name
  return chosen
}

/** Whether all members know one of these protocols; so it is where there are no members. */
export function isKnownToAll(members: Members, protocols: readonly Protocol[]): boolean {
  return protocols.some(({ name }) => allSupport(members, name))
}

function knownToAll(members: Members): Set<string> {
  const [first] = members.values()
  const names = first?.protocols.map(({ name }) => name) ?? []
  return new Set(names.filter((name) => allSupport(members, name)))
}

function allSupport(members: Members, name: string): boolean {
  for (const member of members.values()) if (!supports(member, name)) return false
  return true
}
