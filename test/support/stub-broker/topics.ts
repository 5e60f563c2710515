import { randomBytes } from 'node:crypto'
import { nextOffsetOf } from '../../../broker/protocol/records/header.ts'
import { placeBatch } from '../../../broker/protocol/records/patch.ts'

/** One partition: whole batches, each at its offset. */
class StubPartition {
  readonly batches: Uint8Array[] = []
  /** Offset of the next record, and as nothing is replicated the high watermark too. */
  endOffset = 0

  /** Keeps a copy of the batch at the end. @returns Its base offset. */
  append(batch: Uint8Array): number {
    const placed = new Uint8Array(batch)
    const baseOffset = this.endOffset
    placeBatch(placed, 0, { baseOffset, partitionLeaderEpoch: 0 })
    this.batches.push(placed)
    this.endOffset = nextOffsetOf(placed, 0)
    return baseOffset
  }

  /** The batches from the one with `offset` on: at least one of them, whatever its size. */
  read(offset: number, maxBytes: number): Uint8Array {
    const found: Uint8Array[] = []
    let bytes = 0
    for (const batch of this.batches) {
      if (nextOffsetOf(batch, 0) <= offset) continue
      bytes += batch.length
      if (found.length > 0 && bytes > maxBytes) break
      found.push(batch)
    }
    return Buffer.concat(found)
  }
}

/** The topics of a stub broker, in memory. Whoever asks for one makes it. */
export class StubTopics {
  readonly byName = new Map<string, StubTopic>()
  private appended = Promise.withResolvers<void>()

  /** @param topics For each topic the batches of its partition 0. */
  constructor(topics: Readonly<Record<string, readonly Uint8Array[]>>) {
    for (const [name, batches] of Object.entries(topics)) {
      for (const batch of batches) this.topic(name).partition.append(batch)
    }
  }

  topic(name: string): StubTopic {
    let topic = this.byName.get(name)
    if (topic === undefined) {
      topic = { name, id: randomBytes(16).toString('base64url'), partition: new StubPartition() }
      this.byName.set(name, topic)
    }
    return topic
  }

  /** By id where the version has ids instead of names. */
  find({ name, id }: { name: string; id: string }): StubTopic {
    if (name !== '') return this.topic(name)
    const topic = [...this.byName.values()].find((candidate) => candidate.id === id)
    if (topic === undefined) throw new Error(`no topic has the id ${id}`)
    return topic
  }

  append(topic: StubTopic, batch: Uint8Array): number {
    const baseOffset = topic.partition.append(batch)
    this.appended.resolve()
    this.appended = Promise.withResolvers()
    return baseOffset
  }

  /** Fulfilled by the next append to any topic. */
  get nextAppend(): Promise<void> {
    return this.appended.promise
  }
}

/** A topic has one partition here, number 0. */
export type StubTopic = {
  readonly name: string
  /** As the codec has it: 22 characters of base64url. */
  readonly id: string
  readonly partition: StubPartition
}
