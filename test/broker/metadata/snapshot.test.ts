import { describe, expect, test } from 'vitest'
import { applyRecords } from '../../../broker/metadata/apply.ts'
import { encodeBatch } from '../../../broker/metadata/batch.ts'
import { emptyImage } from '../../../broker/metadata/image.ts'
import { imageDigest } from '../../../broker/metadata/image-digest.ts'
import { MetadataError } from '../../../broker/metadata/metadata-error.ts'
import { readSnapshot, snapshotBatches } from '../../../broker/metadata/snapshot.ts'
import { isControl } from '../../../broker/protocol/records/header.ts'
import { MetadataHistory } from '../../support/metadata-history.ts'
import { mutations } from '../../support/mutate.ts'
import { metadataError, takeOver, topicOf, uuid } from './support.ts'

const about = { timestampMs: 1_000 }
const image = applyRecords(emptyImage, [
  takeOver(3, 0),
  ...Array.from({ length: 200 }, (_, number) => topicOf(`t${number}`, uuid(number), 6)).flat(),
])
const batches = [...snapshotBatches(image, about)]
const whole = Buffer.concat(batches)

test('an image is read back from its snapshot', () => {
  for (let seed = 0; seed < 10; seed++) {
    const history = new MetadataHistory(seed)
    for (let left = 30; left > 0; left--) history.next()
    const bytes = Buffer.concat([...snapshotBatches(history.image, about)])
    expect(imageDigest(readSnapshot(bytes))).toBe(imageDigest(history.image))
  }
  expect(imageDigest(readSnapshot(Buffer.concat([...snapshotBatches(emptyImage, about)])))).toBe(
    imageDigest(emptyImage),
  )
})

test('it is several batches between two control batches, as Kafka writes it', () => {
  expect(batches.map((bytes) => isControl(bytes, 0))).toEqual([true, false, false, false, true])
  expect(imageDigest(readSnapshot(whole))).toBe(imageDigest(image))
})

describe('a snapshot is refused', () => {
  test.each([
    ['without its end', batches.slice(0, -1)],
    ['without its beginning', batches.slice(1)],
    ['without a batch in the middle', batches.toSpliced(2, 1)],
    ['with a batch twice', batches.toSpliced(2, 0, batches[2] as Uint8Array)],
    ['with something behind its end', [...batches, batches[0] as Uint8Array]],
    ['that is empty', []],
  ])('%s', (_, parts) => {
    expect(() => readSnapshot(Buffer.concat(parts))).toThrow(metadataError('Incomplete'))
  })

  test('that is a log', () => {
    const { bytes } = encodeBatch(topicOf('t', uuid(1)), {
      ...about,
      baseOffset: 0,
      controllerEpoch: 1,
    })
    expect(() => readSnapshot(bytes)).toThrow(metadataError('Incomplete'))
  })

  test('wherever it is cut off or damaged, with a typed error', () => {
    const small = Buffer.concat([
      ...snapshotBatches(applyRecords(emptyImage, topicOf('t', uuid(1), 2)), about),
    ])
    for (let end = 0; end < small.length; end++) {
      expect(() => readSnapshot(small.subarray(0, end))).toThrow(MetadataError)
    }
    let refused = 0
    for (const bytes of mutations(small, { count: 2_000, seed: 5 })) {
      try {
        expect(readSnapshot(bytes).topics.size).toBe(1)
      } catch (error) {
        refused++
        expect(error).toBeInstanceOf(MetadataError)
      }
    }
    expect(refused).toBeGreaterThan(1_500)
  })
})
