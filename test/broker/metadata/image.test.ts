import { expect, test } from 'vitest'
import { applyRecords } from '../../../broker/metadata/apply.ts'
import { emptyImage, type MetadataImage, topicNamed } from '../../../broker/metadata/image.ts'
import { imageChanges } from '../../../broker/metadata/image-changes.ts'
import { imageDigest } from '../../../broker/metadata/image-digest.ts'
import { recordsOf } from '../../../broker/metadata/image-records.ts'
import type { MetadataRecord } from '../../../broker/metadata/records.ts'
import { MetadataHistory } from '../../support/metadata-history.ts'

const seeds = Array.from({ length: 40 }, (_, seed) => seed)

/** Everything an image says, in an order that does not depend on how it came to be. */
const plain = (image: MetadataImage) => [...recordsOf(image)]

function lifeOf(seed: number, appends = 60) {
  const history = new MetadataHistory(seed)
  const batches: MetadataRecord[][] = []
  const images: MetadataImage[] = []
  for (let left = appends; left > 0; left--) {
    batches.push(history.next())
    images.push(history.image)
  }
  return { batches, images, last: history.image }
}

test('the records of an image make an equal one, with an equal digest and lookups', () => {
  for (const seed of seeds) {
    const { last } = lifeOf(seed)
    const copy = applyRecords(emptyImage, recordsOf(last))
    expect(plain(copy)).toEqual(plain(last))
    expect(imageDigest(copy)).toBe(imageDigest(last))
    expect(copy.highestBrokerEpoch).toBe(last.highestBrokerEpoch)
    expect(copy.controller).toEqual(last.controller)
    for (const topic of last.topics.values()) {
      expect(topicNamed(copy, topic.name)?.id).toBe(topic.id)
      expect(topicNamed(last, topic.name)).toBe(topic)
    }
    expect(last.topicIds.size).toBe(last.topics.size)
  }
})

test('it does not matter how records are cut into batches', () => {
  for (const seed of seeds) {
    const { batches, last } = lifeOf(seed)
    expect(imageDigest(applyRecords(emptyImage, batches.flat()))).toBe(imageDigest(last))
  }
})

test('images that others were made from stay as they were', () => {
  const { batches, images } = lifeOf(3)
  let image = emptyImage
  for (const [index, batch] of batches.entries()) {
    image = applyRecords(image, batch)
    expect(plain(images[index] as MetadataImage)).toEqual(plain(image))
  }
})

test('images that differ have digests that differ', () => {
  const digests = new Map<string, string>()
  for (const seed of seeds) {
    for (const image of lifeOf(seed).images) {
      const text = JSON.stringify(plain(image))
      const digest = imageDigest(image)
      expect(digests.get(digest) ?? text).toBe(text)
      digests.set(digest, text)
    }
  }
  expect(digests.size).toBeGreaterThan(1_500)
})

test('a digest is the same in every run, on every machine', () => {
  expect(imageDigest(emptyImage)).toBe('1-bd0702ac6d689c4253278fc4d30723da')
  expect(imageDigest(lifeOf(1).last)).toBe('1-272726000babf0028ba69443d164c2b8')
})

test('changes tell all that differs between any two images, and nothing else', () => {
  for (const seed of seeds.slice(0, 8)) {
    const { images, last } = lifeOf(seed)
    const reread = applyRecords(emptyImage, recordsOf(last))
    for (const before of images) {
      for (const after of [last, reread]) {
        const { topics, brokers, configs, features, controller } = imageChanges(before, after)
        const expected = changedTopics(before, after)
        expect(topics.map(topicFacts).toSorted()).toEqual(expected.map(topicFacts).toSorted())
        expect(brokers.map(({ before, after }) => `${(after ?? before)?.id}`).toSorted()).toEqual(
          changedOf(before, after, 'RegisterBrokerRecord', ({ brokerId }) => `${brokerId}`),
        )
        expect(configs.map(({ type, name }) => `${type} ${name}`).toSorted()).toEqual(
          changedOf(before, after, 'ConfigRecord', (record) => {
            return `${record.resourceType} ${record.resourceName}`
          }),
        )
        expect(features).toBe(
          changedOf(before, after, 'FeatureLevelRecord', ({ name }) => name).length > 0,
        )
        expect(controller).toBe(before.controller.epoch !== after.controller.epoch)
      }
    }
    expect(imageChanges(last, reread)).toEqual({
      topics: [],
      brokers: [],
      configs: [],
      features: false,
      controller: false,
    })
  }
})

type TopicFacts = Pick<ReturnType<typeof imageChanges>['topics'][number], 'partitions' | 'removed'>

function topicFacts(change: TopicFacts & { before?: unknown; after?: unknown; id?: string }) {
  const { id } = (change.after ?? change.before ?? change) as { id: string }
  return `${id} ${change.partitions.join()} ${change.removed}`
}

function changedTopics(before: MetadataImage, after: MetadataImage) {
  const ids = new Set([...before.topics.keys(), ...after.topics.keys()])
  return [...ids].flatMap((id) => {
    const [old, now] = [before.topics.get(id), after.topics.get(id)]
    const count = Math.max(old?.partitions.count ?? 0, now?.partitions.count ?? 0)
    const at = (topic: typeof old, partition: number) =>
      topic !== undefined && partition < topic.partitions.count
        ? JSON.stringify(topic.partitions.at(partition))
        : undefined
    const partitions = Array.from({ length: count }, (_, index) => index).filter((partition) => {
      return at(old, partition) !== at(now, partition)
    })
    const sameOwner = JSON.stringify(old?.owner) === JSON.stringify(now?.owner)
    if (old && now && partitions.length === 0 && sameOwner) return []
    return [{ id, partitions, removed: now === undefined }]
  })
}

/** Keys of which the records of one kind are not the same in both. */
function changedOf<T extends MetadataRecord['type']>(
  before: MetadataImage,
  after: MetadataImage,
  type: T,
  keyOf: (record: MetadataRecord<T>) => string,
): string[] {
  const [old, now] = [before, after].map((image) => {
    const records = plain(image).filter((record) => record.type === type) as MetadataRecord<T>[]
    return Map.groupBy(records, keyOf)
  }) as [Map<string, unknown>, Map<string, unknown>]
  const keys = [...new Set([...old.keys(), ...now.keys()])]
  return keys
    .filter((key) => JSON.stringify(old.get(key)) !== JSON.stringify(now.get(key)))
    .toSorted()
}
