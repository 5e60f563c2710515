import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { CoordinatorState } from '../../../broker/coordinator/coordinator-state.ts'
import type { CommittedOffset } from '../../../broker/coordinator/offsets/committed-offsets.ts'
import { deleteGroup, deleteOffsets } from '../../../broker/coordinator/offsets/delete-offsets.ts'
import { compactLog } from '../../../broker/log/compact-log.ts'
import { OffsetMap } from '../../../broker/log/compaction/offset-map.ts'
import { metadataRecord } from '../../../broker/metadata/records.ts'
import type { KafkaError } from '../../../broker/protocol/errors.ts'
import { effort } from '../../support/effort.ts'
import { newDisk } from '../log/data-directory/support.ts'
import { uuid } from '../metadata/support.ts'
import { topicOn } from '../partition/support.ts'
import {
  offsetRecord,
  offsetsTopicId,
  offsetsTopicOn,
  startGroups,
  type TestGroups,
} from './support.ts'

const groups = ['a', 'b', 'c', 'd', 'e']
const topics = ['orders', 'carts']

const group = fc.constantFrom(...groups)
const topic = fc.constantFrom(...topics)
const partition = fc.nat(2)
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('commit'), group, topic, partition }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('delete'), group, topic, partition }) },
  fc.record({ do: fc.constant('deleteGroup'), group }),
  fc.record({ do: fc.constantFrom('deleteTopic', 'deleteTopicAway'), topic }),
  fc.record({ do: fc.constant('resign') }),
  fc.record({ do: fc.constant('compact') }),
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('stop', 'kill') }) },
)

test('whatever happens, groups have the offsets that they committed last', {
  timeout: 120_000,
}, async () => {
  const lives = fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), live)
  await fc.assert(lives, { numRuns: effort(60, 1_000) })
})

/** Groups with their offsets, by topic and partition: as they should be. */
class Model {
  readonly groups = new Map<string, Map<string, number>>()
  /** All that topics of a name have had; the last is there. */
  readonly topicIds = new Map(topics.map((name, index) => [name, [index + 1]]))

  idOf(topic: string): string {
    return uuid(this.topicIds.get(topic)?.at(-1) as number)
  }

  /** It is made anew at once. */
  deleteTopic(topic: string): void {
    const ids = this.topicIds.get(topic) as number[]
    ids.push((ids.at(-1) as number) + 10)
    this.remove((place) => place.startsWith(topic))
  }

  remove(matches: (place: string) => boolean): void {
    for (const own of this.groups.values()) {
      for (const place of own.keys()) if (matches(place)) own.delete(place)
    }
  }
}

type Step = { do: string; group?: string; topic?: string; partition?: number }

async function live(steps: readonly Step[]): Promise<void> {
  let disk = newDisk()
  const model = new Model()
  let own = await begin(disk, model)
  for (const [index, { do: what, group = '', topic = '', partition = 0 }] of steps.entries()) {
    const ofGroup = model.groups.get(group) ?? new Map<string, number>()
    if (what === 'commit') {
      const topicId = model.idOf(topic)
      const record = offsetRecord(group, index, { topic, partition, topicId })
      await own.coordinator.run(group, () => ({ records: [record], response: undefined }))
      model.groups.set(group, ofGroup.set(`${topic}-${partition}`, index))
    } else if (what === 'delete') {
      const places = [{ topic, partition }]
      await unlessMissing(
        own.coordinator.run(group, (state) => deleteOffsets(state, group, places)),
      )
      ofGroup.delete(`${topic}-${partition}`)
    } else if (what === 'deleteGroup') {
      const deleted = own.coordinator.run(group, (state) => deleteGroup(state, group))
      const wasThere = await unlessMissing(deleted)
      // One that has nothing left may be forgotten already.
      if (ofGroup.size > 0) expect(wasThere).toBe(true)
      model.groups.delete(group)
    } else if (what === 'deleteTopic') {
      const topicId = model.idOf(topic)
      model.deleteTopic(topic)
      own.partitions.tell(
        metadataRecord('RemoveTopicRecord', { topicId }),
        ...topicOn(topic, model.idOf(topic), { count: 3 }),
      )
      await settled(own)
    } else if (what === 'resign') {
      lead(own, 4)
      lead(own, 3)
      await settled(own)
    } else if (what === 'compact') await compact(own, disk)
    else {
      own.coordinator.stop()
      if (what === 'deleteTopicAway') model.deleteTopic(topic)
      if (what !== 'kill') await own.partitions.dataDirectory.stop({ brokerEpoch: 1 })
      else disk.disk.crash({ keepCache: true })
      disk = { disk: disk.disk, files: disk.disk.files() }
      own = await begin(disk, model)
    }
    expect(await known(own)).toEqual(toPlain(model.groups))
  }
  expect(own.fatal).toEqual([])
}

async function begin(disk: ReturnType<typeof newDisk>, model: Model): Promise<TestGroups> {
  const own = await startGroups({ disk })
  const setting = { resourceType: 2, resourceName: '__consumer_offsets' }
  own.partitions.tell(
    metadataRecord('ConfigRecord', { ...setting, name: 'cleanup.policy', value: 'compact' }),
    ...offsetsTopicOn({ count: 2 }),
    ...[...model.topicIds].flatMap(([name, ids]) =>
      ids.flatMap((id, index) => [
        ...topicOn(name, uuid(id), { count: 3 }),
        ...(index < ids.length - 1
          ? [metadataRecord('RemoveTopicRecord', { topicId: uuid(id) })]
          : []),
      ]),
    ),
  )
  await settled(own)
  return own
}

async function settled({ clock }: TestGroups): Promise<void> {
  for (let turns = 0; turns < 12; turns++) await clock.turn()
}

function lead(own: TestGroups, leader: number): void {
  const changes = [0, 1].map((partitionId) =>
    metadataRecord('PartitionChangeRecord', {
      topicId: offsetsTopicId,
      partitionId,
      leader,
      replicas: [leader],
      isr: [leader],
    }),
  )
  own.partitions.tell(...changes)
}

async function compact(own: TestGroups, { files }: ReturnType<typeof newDisk>): Promise<void> {
  for (const index of [0, 1]) {
    const { log } = own.partition(index)
    await log.written()
    await log.roll()
    await compactLog(log, {
      files,
      map: new OffsetMap({ sizeBytes: 100_000, hashKey: new Uint8Array(16) }),
      cleanedEndOffset: undefined,
      lastStableOffset: log.logEndOffset,
      nowMs: own.clock.nowMs(),
      force: true,
      pause: () => Promise.resolve(),
      isCancelled: () => false,
    })
  }
}

/** @returns Whether there was such a group. */
async function unlessMissing(asked: Promise<unknown>): Promise<boolean> {
  try {
    await asked
    return true
  } catch (error) {
    expect((error as KafkaError).code).toBe('GROUP_ID_NOT_FOUND')
    return false
  }
}

async function known({ coordinator }: TestGroups): Promise<Record<string, Record<string, number>>> {
  const all = await coordinator.runForAll(({ offsets }: CoordinatorState) => ({
    records: [],
    response: [...offsets.groups()].map((name) => [name, placesOf(offsets.ofGroup(name))] as const),
  }))
  return Object.fromEntries(all.flat().filter(([, places]) => Object.keys(places).length > 0))
}

function placesOf(offsets: ReadonlyMap<string, ReadonlyMap<number, CommittedOffset>>) {
  const places: Record<string, number> = {}
  for (const [topic, partitions] of offsets) {
    for (const [partition, { offset }] of partitions) places[`${topic}-${partition}`] = offset
  }
  return places
}

function toPlain(model: Model['groups']): Record<string, Record<string, number>> {
  const all = [...model].map(([name, places]) => [name, Object.fromEntries(places)] as const)
  return Object.fromEntries(all.filter(([, places]) => Object.keys(places).length > 0))
}
