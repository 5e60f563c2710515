import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { applyRecords } from '../../../../../broker/metadata/apply.ts'
import { emptyImage, partitionOf } from '../../../../../broker/metadata/image.ts'
import type { PartitionImage } from '../../../../../broker/metadata/partition-table.ts'
import { metadataRecord } from '../../../../../broker/metadata/records.ts'
import {
  partitionChange,
  type Wish,
} from '../../../../../operator/controller/decide/partition/change.ts'
import type { Election } from '../../../../../operator/controller/decide/partition/elect.ts'
import { uuid } from '../../../../broker/metadata/support.ts'
import { ledByOne } from '../../../../support/partitions.ts'

const topicId = uuid(9)
const at = { topicId, partitionId: 0 }

const healthy: PartitionImage = { ...ledByOne, partitionEpoch: 10 }

type Given = { alive?: number[]; minInSync?: number; mayBeUnclean?: boolean }

/** What the image says of the partition after the change; undefined where nothing changes. */
function after(before: Partial<PartitionImage>, wish: Wish, given: Given = {}) {
  const { alive = [1, 2, 3, 4], minInSync = 2, mayBeUnclean = false } = given
  const mayLead = (id: number) => alive.includes(id)
  const partition = { ...healthy, ...before }
  const rules = { mayLead, minInSync, mayBeUnclean, flushesAlways: false }
  const record = partitionChange(at, partition, wish, rules)
  return record && applied(partition, record)
}

function applied(
  partition: PartitionImage,
  record: NonNullable<ReturnType<typeof partitionChange>>,
): PartitionImage {
  const { elr, lastKnownElr, leaderRecoveryState, ...lists } = partition
  const image = applyRecords(emptyImage, [
    metadataRecord('TopicRecord', { name: 't', topicId }),
    metadataRecord('PartitionRecord', {
      ...at,
      ...mutable(lists),
      eligibleLeaderReplicas: [...elr],
      lastKnownElr: [...lastKnownElr],
      leaderRecoveryState: leaderRecoveryState === 'RECOVERED' ? 0 : 1,
    }),
    record,
  ])
  return partitionOf(image, { topicId, partition: 0 }) as PartitionImage
}

function mutable({
  replicas,
  isr,
  addingReplicas,
  removingReplicas,
  ...others
}: Omit<PartitionImage, 'elr' | 'lastKnownElr' | 'leaderRecoveryState'>) {
  return {
    ...others,
    replicas: [...replicas],
    isr: [...isr],
    addingReplicas: [...addingReplicas],
    removingReplicas: [...removingReplicas],
  }
}

describe('who leads', () => {
  test('stays while it may, and nothing changes then', () => {
    expect(after({}, {})).toBeUndefined()
    expect(after({ leader: 3 }, {})).toBeUndefined()
  })

  test('is followed by the first replica in sync that is there, in a new epoch', () => {
    const next = after({}, { isr: [2, 3] }, { alive: [2, 3] })
    expect(next).toMatchObject({ leader: 2, leaderEpoch: 6, partitionEpoch: 11, isr: [2, 3] })
    expect(after({}, { isr: [2, 3] }, { alive: [3] })).toMatchObject({ leader: 3 })
  })

  test('changes to the preferred one where that is wanted, if it is in sync and there', () => {
    expect(after({ leader: 2 }, { election: 'preferred' })).toMatchObject({ leader: 1 })
    expect(after({ leader: 2, isr: [2, 3] }, { election: 'preferred' })).toBeUndefined()
    expect(after({ leader: 2 }, { election: 'preferred' }, { alive: [2, 3] })).toBeUndefined()
  })

  test('is nobody where nobody may: whoever is not known to have what was committed does not', () => {
    const gone = after({ isr: [1] }, { isr: [] }, { alive: [2, 3], minInSync: 1 })
    expect(gone).toMatchObject({ leader: -1, leaderEpoch: 6, isr: [], elr: [1] })
  })

  test('is whoever is there where the topic or somebody accepts that records are lost', () => {
    const lost = { leader: 2, isr: [2], elr: [], leaderRecoveryState: 'RECOVERING' }
    const gone = { isr: [1], leader: -1 }
    const given = { alive: [2, 3], minInSync: 1 }
    expect(after(gone, {}, { ...given, mayBeUnclean: true })).toMatchObject(lost)
    expect(after(gone, { election: 'unclean' }, given)).toMatchObject(lost)
    expect(after(gone, {}, given)).toBeUndefined()
  })
})

describe('who leaves the ISR', () => {
  test('is not eligible while enough are in sync: they commit without it', () => {
    expect(after({}, { isr: [1, 2] })).toMatchObject({ isr: [1, 2], elr: [], leaderEpoch: 5 })
  })

  test('is eligible once too few are, for nothing is committed any more', () => {
    const one = after({ isr: [1, 2] }, { isr: [1] })
    expect(one).toMatchObject({ isr: [1], elr: [2], lastKnownElr: [] })
    const none = after({ isr: [1], elr: [2] }, { isr: [] }, { alive: [3] })
    expect(none).toMatchObject({ isr: [], elr: [2, 1], leader: -1 })
    const led = after({ isr: [], elr: [2, 1], leader: -1 }, {}, { alive: [2, 3] })
    expect(led).toMatchObject({ leader: 2, isr: [2], elr: [1], leaderRecoveryState: 'RECOVERED' })
  })

  test('is not asked any more once enough are back', () => {
    const back = after({ isr: [2], elr: [1], lastKnownElr: [3], leader: 2 }, { isr: [2, 3] })
    expect(back).toMatchObject({ isr: [2, 3], elr: [], lastKnownElr: [] })
  })

  test('without its data is not eligible, but remembered', () => {
    const lost = after({ isr: [1], elr: [2] }, { withoutData: [2] })
    expect(lost).toMatchObject({ isr: [1], elr: [], lastKnownElr: [2] })
    const all = after({ isr: [1], elr: [] }, { withoutData: [1] }, { alive: [2, 3] })
    expect(all).toMatchObject({ leader: -1, isr: [], elr: [], lastKnownElr: [1] })
  })
})

describe('a move', () => {
  const moving = { replicas: [4, 1, 2, 3], addingReplicas: [4], removingReplicas: [1] }

  test('goes on until all that are added are in sync', () => {
    expect(after({ ...moving }, { isr: [1, 2, 3] })).toBeUndefined()
  })

  test('ends then: who goes leads no more, and hears of a new epoch', () => {
    expect(after(moving, { isr: [1, 2, 3, 4] })).toMatchObject({
      replicas: [4, 2, 3],
      isr: [2, 3, 4],
      addingReplicas: [],
      removingReplicas: [],
      leader: 4,
      leaderEpoch: 6,
    })
    const led = after({ ...moving, leader: 2 }, { isr: [1, 2, 3, 4] })
    expect(led).toMatchObject({ leader: 2, leaderEpoch: 6 })
  })
})

const id = fc.integer({ min: 1, max: 5 })
const some = fc.uniqueArray(id, { maxLength: 5 })
const replicas = fc.uniqueArray(id, { minLength: 1, maxLength: 5 })
const cases = fc.record({
  replicas,
  isr: some,
  elr: some,
  lastKnownElr: some,
  adding: some,
  removing: some,
  leader: fc.integer({ min: 0, max: 5 }),
  wishIsr: fc.option(some, { nil: undefined }),
  withoutData: some,
  withNothing: some,
  alive: some,
  minInSync: fc.integer({ min: 1, max: 3 }),
  mayBeUnclean: fc.boolean(),
  election: fc.constantFrom<Election>('any', 'preferred', 'unclean'),
})

test('whatever comes, the seats fit together and nobody leads who may not', () => {
  fc.assert(
    fc.property(cases, (given) => {
      const of = (ids: readonly number[]) => ids.filter((one) => given.replicas.includes(one))
      const isr = of(given.isr)
      const partition: PartitionImage = {
        ...healthy,
        replicas: given.replicas,
        isr,
        elr: isr.length < given.minInSync ? of(given.elr).filter((one) => !isr.includes(one)) : [],
        lastKnownElr: of(given.lastKnownElr),
        addingReplicas: of(given.adding),
        removingReplicas: of(given.removing).filter((one) => !given.adding.includes(one)),
        leader: isr.includes(given.leader) ? given.leader : -1,
      }
      const mayLead = (one: number) => given.alive.includes(one)
      const { election, withoutData, withNothing, minInSync, mayBeUnclean } = given
      const wishIsr = given.wishIsr && of(given.wishIsr).filter((one) => isr.includes(one))
      const wish = { election, withoutData, withNothing, ...(wishIsr && { isr: wishIsr }) }
      const rules = { mayLead, minInSync, mayBeUnclean, flushesAlways: false }
      const record = partitionChange(at, partition, wish, rules)
      const now = record === undefined ? partition : applied(partition, record)
      const isUnclean = now.leaderRecoveryState === 'RECOVERING'

      const without = [...withoutData, ...withNothing]
      const known = [...partition.isr, ...partition.elr].filter((one) => !without.includes(one))
      if (now.leader !== -1) {
        expect(now.isr).toContain(now.leader)
        expect(mayLead(now.leader)).toBe(true)
        if (!isUnclean) expect(known).toContain(now.leader)
      }
      if (isUnclean && !mayBeUnclean && election !== 'unclean') {
        // It is the only one left that may have something, and had it last.
        const last = [...partition.lastKnownElr, ...partition.isr, ...partition.elr]
        expect(last.filter((one) => !withNothing.includes(one))).toContain(now.leader)
        expect((wishIsr ?? known).filter((one) => known.includes(one))).toEqual([])
      }
      for (const one of [...now.isr, ...now.elr]) expect(now.replicas).toContain(one)
      expect(now.isr.filter((one) => now.elr.includes(one))).toEqual([])
      for (const one of without) if (!isUnclean) expect([...now.isr, ...now.elr]).not.toContain(one)
      if (now.isr.length >= Math.min(minInSync, now.replicas.length)) expect(now.elr).toEqual([])
      else if (!isUnclean) {
        // Below the minimum nobody who has all that was committed is forgotten.
        const kept = [...now.isr, ...now.elr]
        const staying = known.filter((one) => now.replicas.includes(one))
        expect(staying.filter((one) => !kept.includes(one))).toEqual([])
      }
      if (now.leader !== partition.leader || isUnclean)
        expect(now.leaderEpoch).toBe(partition.leaderEpoch + 1)
      // It is converged; a move may end only once somebody leads who is in sync.
      const isMoving = now.addingReplicas.length + now.removingReplicas.length > 0
      if (!isMoving) expect(partitionChange(at, now, { election }, rules)).toBeUndefined()
    }),
    { numRuns: 3_000 },
  )
})
