import { sipHash128, sipKey } from '../../lib/sip-hash.ts'
import type { MetadataImage } from './image.ts'
import {
  brokerRecord,
  clusterRecords,
  configRecords,
  historyRecords,
  topicRecords,
} from './image-records.ts'
import type { PersistentMap } from './persistent-map.ts'
import { encodeRecord } from './record-codec.ts'
import type { MetadataRecord } from './records.ts'

/**
 * A number for an image: equal images have equal ones, whatever their history, and it is as good as
 * impossible that others do. All who read the log must have the same at the same offset.
 *
 * It is the sum of a hash of each broker, topic and resource with settings, so that of two images
 * that share most of what they hold the second costs little. The number in front names the way it
 * is made: only digests with the same one can be compared.
 */
export function imageDigest(image: MetadataImage): string {
  const sum = new Int32Array(4)
  add(sum, hashOf(clusterRecords(image)))
  add(sum, hashOf(historyRecords(image)))
  addEach(sum, image.brokers, (broker) => hashOf([brokerRecord(broker)]))
  addEach(sum, image.topics, (topic) => hashOf(topicRecords(topic)))
  addEach(sum, image.configs, (config) => hashOf(configRecords(config)))
  const words = [...sum].map((word) => (word >>> 0).toString(16).padStart(8, '0'))
  return `1-${words.join('')}`
}

/** Any will do, if it is the same everywhere: nobody gains by images that collide. */
const key = sipKey(new TextEncoder().encode('kavka image v1.0'))

/** What was found of a bucket, or of what is in it, as long as an image holds that. */
const known = new WeakMap<object, Int32Array>()

function addEach<T extends object>(
  sum: Int32Array,
  map: PersistentMap<string, T> | PersistentMap<number, T>,
  hash: (value: T) => Int32Array,
): void {
  for (const bucket of map.buckets) {
    if (bucket === undefined) continue
    const ofBucket = remembered(bucket, () => {
      const sumOfBucket = new Int32Array(4)
      for (const value of bucket.values())
        add(
          sumOfBucket,
          remembered(value, () => hash(value)),
        )
      return sumOfBucket
    })
    add(sum, ofBucket)
  }
}

function remembered(of: object, find: () => Int32Array): Int32Array {
  let found = known.get(of)
  if (found === undefined) {
    found = find()
    known.set(of, found)
  }
  return found
}

function hashOf(records: Iterable<MetadataRecord>): Int32Array {
  const bytes = Buffer.concat(Array.from(records, encodeRecord))
  const hash = new Int32Array(4)
  sipHash128(key, bytes, hash)
  return hash
}

function add(sum: Int32Array, hash: Int32Array): void {
  for (let i = 0; i < 4; i++) sum[i] = (sum[i] as number) + (hash[i] as number)
}
