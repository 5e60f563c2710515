import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Files } from '../../../broker/io/files.ts'
import { realFiles } from '../../../broker/io/real-files.ts'
import { DataDirectory } from '../../../broker/log/data-directory/data-directory.ts'
import { DiskPace } from '../../../broker/log/disk-pace.ts'
import { FileHandles } from '../../../broker/log/file-handles.ts'
import { Flusher } from '../../../broker/log/maintenance/flusher.ts'
import type { Failure } from '../../../broker/log/maintenance/maintained-log.ts'
import { Tail } from '../../../broker/log/tail.ts'
import { applyRecords } from '../../../broker/metadata/apply.ts'
import { emptyImage, type MetadataImage } from '../../../broker/metadata/image.ts'
import { imageChanges } from '../../../broker/metadata/image-changes.ts'
import { type MetadataRecord, metadataRecord } from '../../../broker/metadata/records.ts'
import { Partitions } from '../../../broker/partition/partitions.ts'
import { buildBatch } from '../../../broker/protocol/records/build.ts'
import { type Clock, realClock } from '../../../lib/clock.ts'
import { uuid } from '../metadata/support.ts'

export const nodeId = 1

export type BrokerPartsOptions = {
  readonly path?: string
  readonly files?: Files
  readonly clock?: Clock
  readonly tailBytes?: number
  readonly config?: Readonly<Record<string, string>>
}

/** A broker's data directory and partitions, on the disk of this machine, and an image to act on. */
export class BrokerParts {
  readonly path: string
  readonly clock: Clock
  readonly dataDirectory: DataDirectory
  readonly flusher: Flusher
  readonly partitions: Partitions
  readonly failures: Failure[] = []
  readonly problems: unknown[] = []
  private now: MetadataImage = emptyImage
  private isStopped = false

  private constructor(dataDirectory: DataDirectory, options: BrokerPartsOptions) {
    const { clock = realClock, config = {} } = options
    this.path = dataDirectory.path
    this.clock = clock
    this.dataDirectory = dataDirectory
    this.flusher = new Flusher({
      clock,
      report: (failure) => void this.failures.push(failure),
      onFlushed: (log) => this.partitions.onFlushed(log),
    })
    this.partitions = new Partitions({
      nodeId,
      given: new Map(Object.entries(config)),
      dataDirectory,
      flusher: this.flusher,
      clock,
      onDeletionFailed: (error) => void this.problems.push(error),
      onFatal: (error) => void this.problems.push(error),
    })
  }

  static async open(options: BrokerPartsOptions = {}): Promise<BrokerParts> {
    const { files = realFiles, clock = realClock, tailBytes = 16 * 2 ** 20 } = options
    const path = options.path ?? mkdtempSync(join(tmpdir(), 'kavka-partitions-'))
    const directory = await DataDirectory.open(
      {
        path,
        owner: { clusterId: 'the-cluster', nodeId, newDirectoryId: uuid(99) },
        producerIdExpirationMs: 86_400_000,
        nowMs: clock.nowMs(),
        configOf: () => undefined,
        pause: () => clock.turn(),
      },
      {
        files,
        handles: new FileHandles(files, { most: 64 }),
        tail: new Tail({ maxBytes: tailBytes }),
        pace: new DiskPace({ monotonicMs: () => 0 }),
      },
    )
    return new BrokerParts(directory, options)
  }

  get image(): MetadataImage {
    return this.now
  }

  /** Acts on what the metadata log says next. */
  apply(...records: readonly MetadataRecord[]): void {
    const before = this.now
    this.now = applyRecords(before, records)
    this.partitions.apply(imageChanges(before, this.now), this.now)
  }

  /** As a broker does it in order. Its data stays. */
  async stop(): Promise<void> {
    if (this.isStopped) return
    this.isStopped = true
    this.partitions.stop()
    await this.flusher.stop()
    await this.dataDirectory.stop({ brokerEpoch: 7 })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    rmSync(this.path, { recursive: true, force: true })
  }
}

/** A topic of one replica each, which this broker leads unless the test says who does. */
export function newTopic(
  name: string,
  id: string,
  { count = 1, leader = nodeId, leaderEpoch = 0 } = {},
): MetadataRecord[] {
  return [
    metadataRecord('TopicRecord', { name, topicId: id }),
    ...Array.from({ length: count }, (_, partitionId) =>
      metadataRecord('PartitionRecord', {
        topicId: id,
        partitionId,
        replicas: [leader],
        isr: [leader],
        addingReplicas: [],
        removingReplicas: [],
        leader,
        leaderEpoch,
        partitionEpoch: 0,
      }),
    ),
  ]
}

export function newLeader(
  topicId: string,
  partitionId: number,
  leader: number,
  isr?: number[],
): MetadataRecord {
  return metadataRecord('PartitionChangeRecord', {
    topicId,
    partitionId,
    leader,
    ...(isr === undefined ? {} : { isr }),
  })
}

export function setting(topic: string, name: string, value: string): MetadataRecord {
  return metadataRecord('ConfigRecord', { resourceType: 2, resourceName: topic, name, value })
}

/** A batch as a producer sends it. */
export function produced(
  values: readonly string[],
  more: Partial<Parameters<typeof buildBatch>[0]> & { timestamp?: number } = {},
): Uint8Array {
  const { timestamp = 1_700_000_000_000, ...input } = more
  const records = values.map((value, index) => ({
    timestamp: timestamp + index,
    key: null,
    value: Buffer.from(value),
    headers: [],
  }))
  return buildBatch({ records, ...input })
}

export const kafkaError = (code: string) => expect.objectContaining({ name: 'KafkaError', code })
