import type { Chance } from './chance.ts'

/** What a loss of power leaves of what was not synced. */
export type Survival = 'chance' | 'nothing' | 'everything'

export type Change =
  | { type: 'write'; bytes: Uint8Array; position: number }
  | { type: 'truncate'; sizeBytes: number }
  /** The file is as long as a lost write made it, but its bytes are zeros. */
  | { type: 'grow'; sizeBytes: number }

/**
 * What is left of the changes of one file. A disk may write back in any order, in sectors; each
 * change is whole, lost or torn on its own. Four moods, since with a coin for each change the
 * plain ends ("all of it", "up to here") would hardly ever come up among many changes.
 */
export function surviving(changes: readonly Change[], chance: Chance, survival: Survival) {
  if (changes.length === 0) return []
  return fates(changes.length, chance, survival).flatMap((fate, index) => {
    const change = changes[index] as Change
    if (fate === 'lost') return []
    return fate === 'torn' && change.type === 'write' ? torn(change, chance) : [change]
  })
}

type Fate = 'whole' | 'lost' | 'torn'

/** What becomes of each of so many changes. */
export function fates(count: number, chance: Chance, survival: Survival): Fate[] {
  const all = (fate: Fate) => Array.from({ length: count }, () => fate)
  if (survival === 'nothing') return all('lost')
  if (survival === 'everything') return all('whole')
  switch (chance(5)) {
    case 0:
      return all('lost')
    case 1:
      return all('whole')
    case 2: {
      const end = chance(count)
      return all('lost')
        .fill('whole', 0, end)
        .fill('torn', end, end + 1)
    }
    default:
      return all('lost').map(() => (['whole', 'lost', 'torn'] as const)[chance(3)] as Fate)
  }
}

type Write = Extract<Change, { type: 'write' }>

function torn(write: Write, chance: Chance): Change[] {
  switch (chance(4)) {
    case 0: // XFS, and ext4 with data=writeback: the size was there before the bytes
      return [{ type: 'grow', sizeBytes: write.position + write.bytes.length }]
    case 1:
      return sectors(write).filter(() => chance(2) === 0)
    default:
      return [{ ...write, bytes: write.bytes.subarray(0, chance(write.bytes.length + 1)) }]
  }
}

const sectorBytes = 512

/** A write cut where the sectors of the disk meet. */
function sectors({ bytes, position }: Write): Write[] {
  const pieces: Write[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(bytes.length, at + sectorBytes - ((position + at) % sectorBytes))
    pieces.push({ type: 'write', bytes: bytes.subarray(at, end), position: position + at })
    at = end
  }
  return pieces
}
