import type { PartitionRules } from './rules.ts'

/** No broker leads: nobody that may is there. */
export const noLeader = -1

/**
 * - `any`: whoever leads stays, if it may; else the first that may.
 * - `preferred`: the first of the replicas, if it may.
 * - `unclean`: as `any`, and if nobody may, whoever is there: somebody accepts that records are lost.
 */
export type Election = 'any' | 'preferred' | 'unclean'

/** Lists are broker ids. */
export type Candidates = {
  /** In the order in which they are preferred. */
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly elr: readonly number[]
  /** Who leads until now, or `noLeader`. */
  readonly leader: number
  /** Of those who were in sync or eligible last, and lost their seats, the one whose log goes furthest. */
  readonly furthest?: number | undefined
}

export type Elected = {
  readonly leader: number
  /** It may lack what was committed. */
  readonly isUnclean: boolean
  readonly isr: readonly number[]
}

/**
 * Who leads. Of the replicas that are there those in the ISR come first, which have all that was
 * taken; then the eligible ones (KIP-966), which have all that was committed. Where all of them lost their
 * seats, it is the one of them whose log goes furthest: nobody has more. Others, who may lack what is
 * still there elsewhere, only where the topic, or whoever asks, accepts it.
 */
export function elect(
  { replicas, isr, elr, leader, furthest }: Candidates,
  { mayLead, mayBeUnclean }: Pick<PartitionRules, 'mayLead' | 'mayBeUnclean'>,
  election: Election,
): Elected {
  const isThere = (id: number | undefined): id is number => {
    return id !== undefined && replicas.includes(id) && mayLead(id)
  }
  const isGood = (id: number | undefined): id is number => isThere(id) && isr.includes(id)
  const clean = (id: number) => ({
    leader: id,
    isUnclean: false,
    isr: isr.includes(id) ? isr : [id],
  })
  const [first] = replicas
  if (election === 'preferred' && isGood(first)) return clean(first)
  if (isGood(leader)) return clean(leader)
  const next = replicas.find(isGood) ?? replicas.find((id) => elr.includes(id) && mayLead(id))
  if (next !== undefined) return clean(next)
  const isAccepted = mayBeUnclean || election === 'unclean'
  const anybody = isAccepted ? replicas.find((id) => mayLead(id)) : undefined
  // One that has all may be away for now: then it is waited for.
  const isLost = isr.length === 0 && elr.length === 0
  const other = isLost && isThere(furthest) ? furthest : anybody
  if (other === undefined) return { leader: noLeader, isUnclean: false, isr }
  return { leader: other, isUnclean: true, isr: [other] }
}
