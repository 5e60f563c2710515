import { DataDirectory } from '../../../broker/log/data-directory/data-directory.ts'
import { Flusher } from '../../../broker/log/maintenance/flusher.ts'
import { applyRecords } from '../../../broker/metadata/apply.ts'
import { emptyImage, type MetadataImage } from '../../../broker/metadata/image.ts'
import { type ImageChanges, imageChanges } from '../../../broker/metadata/image-changes.ts'
import { type MetadataRecord, metadataRecord } from '../../../broker/metadata/records.ts'
import { Partitions, type Replication } from '../../../broker/partition/partitions.ts'
import { zeroUuid } from '../../../broker/protocol/codec/uuid.ts'
import { buildBatch } from '../../../broker/protocol/records/build.ts'
import { realClock } from '../../../lib/clock.ts'
import { realRandom } from '../../../lib/random.ts'
import type { StorageError } from '../../../lib/storage-error.ts'
import { noReplication } from '../../support/no-replication.ts'
import { newDisk, owner, path } from '../log/data-directory/support.ts'
import { servicesOn, smallConfig } from '../log/log-support.ts'

export const nodeId = 3

/** The partitions of one broker on a simulated disk, to which a test tells records of metadata. */
export class TestPartitions {
  readonly problems: StorageError[] = []
  readonly dataDirectory: DataDirectory
  readonly partitions: Partitions
  private readonly life: number
  image: MetadataImage = emptyImage
  /** Whoever else acts on it. */
  onImage: (changes: ImageChanges, image: MetadataImage) => void = () => {}

  constructor(
    dataDirectory: DataDirectory,
    entries: ReadonlyMap<string, string>,
    { replication, life, nodeId: own }: { replication: Replication; life: number; nodeId: number },
  ) {
    this.dataDirectory = dataDirectory
    this.life = life
    const flusher = new Flusher({
      clock: realClock,
      report: ({ error }) => void this.problems.push(error as StorageError),
      onFlushed: (log) => this.partitions.flushed(log),
    })
    this.partitions = new Partitions({
      nodeId: own,
      dataDirectory,
      flusher,
      clock: realClock,
      random: realRandom,
      entries,
      replication,
      report: (problem) => void this.problems.push(problem),
      onFatal: (error) => {
        throw error
      },
    })
  }

  tell(...records: MetadataRecord[]): void {
    this.catchUp(
      applyRecords(
        this.image,
        records.map((record) => this.inThisLife(record)),
      ),
    )
  }

  /** Goes over to an image that others have, too. */
  catchUp(image: MetadataImage): void {
    const before = this.image
    this.image = image
    const changes = imageChanges(before, image)
    this.partitions.apply(changes, image)
    this.onImage(changes, image)
  }

  /** As the controller does it: what a broker leads when it comes back, it leads in another epoch. */
  private inThisLife(record: MetadataRecord): MetadataRecord {
    if (record.type !== 'PartitionRecord') return record
    return { ...record, leaderEpoch: record.leaderEpoch + 1_000 * this.life }
  }
}

/** How often the partitions on a disk were started before. */
const lives = new WeakMap<object, number>()

export async function startPartitions({
  disk = newDisk(),
  entries = new Map<string, string>(),
  services = {},
  replication = noReplication,
  nodeId: own = nodeId,
}: {
  disk?: ReturnType<typeof newDisk>
  entries?: ReadonlyMap<string, string>
  services?: Parameters<typeof servicesOn>[1]
  replication?: Replication
  nodeId?: number
} = {}): Promise<TestPartitions> {
  const dataDirectory = await DataDirectory.open(
    {
      path,
      owner,
      producerIdExpirationMs: 86_400_000,
      nowMs: 0,
      configOf: () => smallConfig,
      pause: () => Promise.resolve(),
      onProblem(problem) {
        throw problem
      },
    },
    servicesOn(disk.files, services),
  )
  const life = lives.get(disk.disk) ?? 0
  lives.set(disk.disk, life + 1)
  return new TestPartitions(dataDirectory, entries, { replication, life, nodeId: own })
}

/** A topic on one broker. */
export function topicOn(
  name: string,
  topicId: string,
  { leader = nodeId, count = 1 } = {},
): MetadataRecord[] {
  return [
    metadataRecord('TopicRecord', { name, topicId }),
    ...Array.from({ length: count }, (_, partitionId) =>
      metadataRecord('PartitionRecord', {
        topicId,
        partitionId,
        replicas: [leader],
        isr: [leader],
        addingReplicas: [],
        removingReplicas: [],
        leader,
        leaderEpoch: 5,
        partitionEpoch: 0,
      }),
    ),
  ]
}

export const byName = (name: string) => ({ topicId: zeroUuid, name })

/** What a producer sends. */
export function produced(...values: string[]): Uint8Array {
  const records = values.map((value) => {
    return { timestamp: 1_000, key: null, value: Buffer.from(value), headers: [] }
  })
  return buildBatch({ records })
}
