import {
  type CleaningOptions,
  clean,
  type Replacement,
} from '../../../../broker/log/compaction/clean.ts'
import {
  type CompactionConfig,
  type DirtyRange,
  findDirtyRange,
} from '../../../../broker/log/compaction/dirty-range.ts'
import { lastRecordsOf } from '../../../../broker/log/compaction/keep.ts'
import { OffsetMap } from '../../../../broker/log/compaction/offset-map.ts'
import { swapSegments } from '../../../../broker/log/compaction/swap.ts'
import { FileHandles } from '../../../../broker/log/file-handles.ts'
import { defaultLogConfig } from '../../../../broker/log/log-config.ts'
import { LogState } from '../../../../broker/log/log-state.ts'
import { Segment } from '../../../../broker/log/segment.ts'
import type { AbortedTransaction } from '../../../../broker/log/transaction-index.ts'
import { baseOffsetOf, nextOffsetOf } from '../../../../broker/protocol/records/header.ts'
import type { LogRecord } from '../../../../broker/protocol/records/record.ts'
import { RecordCursor } from '../../../../broker/protocol/records/record-cursor.ts'
import { validateBatch } from '../../../../broker/protocol/records/validate.ts'
import { batchStarts } from '../../../../broker/protocol/records/walk.ts'
import type { Files } from '../../../../lib/files.ts'

export const hashKey = Uint8Array.from({ length: 16 }, (_, index) => index)
export const retentionMs = defaultLogConfig.deleteRetentionMs

export function mapOf(keys: number): OffsetMap {
  return new OffsetMap({ sizeBytes: Math.ceil((keys / 0.9) * 24) + 24, hashKey })
}

/** The segments of a log, and no more of one than a cleaning asks for. */
export class CompactedLog {
  readonly files: Files
  readonly directory: string
  readonly handles: FileHandles
  readonly state = new LogState()
  readonly config = { segmentBytes: 1_500, segmentIndexBytes: 10_000, indexIntervalBytes: 150 }
  compaction: CompactionConfig = { ...defaultLogConfig, minCleanableDirtyRatio: 0 }
  segments: Segment[] = []
  endOffset = 0
  cleanedEndOffset: number | undefined

  constructor(files: Files, directory: string) {
    this.files = files
    this.directory = directory
    this.handles = new FileHandles(files, { most: 6 })
    files.makeDirectory(directory)
  }

  append(batch: Uint8Array): void {
    const active = this.segments.at(-1)
    const isFull = (active?.sizeBytes ?? 0) + batch.length > this.config.segmentBytes
    if (active === undefined || (isFull && active.sizeBytes > 0)) this.roll()
    this.segments.at(-1)?.append([batch])
    const { ended } = this.state.replay(batch)
    if (ended?.isAborted === true) this.segments.at(-1)?.indexes.addAborted(ended)
    this.endOffset = nextOffsetOf(batch, 0)
    this.state.producers.onHighWatermarkUpdated(this.endOffset)
  }

  roll(): void {
    if (this.segments.at(-1)?.sizeBytes === 0) return
    this.segments.at(-1)?.close()
    this.segments.push(this.segmentAt(this.endOffset))
  }

  range(nowMs: number): DirtyRange {
    const { segments, endOffset: logEndOffset, cleanedEndOffset } = this
    const lastStableOffset = this.state.producers.lastStableOffset({
      highWatermark: logEndOffset,
      logStartOffset: 0,
    })
    const facts = { segments, logStartOffset: 0, logEndOffset, lastStableOffset, cleanedEndOffset }
    return findDirtyRange(facts, this.compaction, nowMs)
  }

  /** One pass. */
  async clean(map: OffsetMap, nowMs: number, options: Partial<CleaningOptions> = {}) {
    const { firstDirtyOffset, firstUncleanableOffset } = this.range(nowMs)
    const { directory, files, config } = this
    const cleaned = await clean(
      {
        directory,
        segments: this.segments.filter(({ baseOffset }) => baseOffset < firstUncleanableOffset),
        firstDirtyOffset,
        firstUncleanableOffset,
        abortedIn: (from, end) => this.abortedIn(from, end),
        lastRecords: () => lastRecordsOf(this.state.producers.producers()),
        replaceSegments: (replacement) => this.replace(replacement),
      },
      {
        files,
        map,
        config,
        nowMs,
        deleteRetentionMs: retentionMs,
        pause: () => Promise.resolve(),
        isCancelled: () => false,
        pieceBytes: 700,
        ...options,
      },
    )
    this.cleanedEndOffset = cleaned.firstDirtyOffset
    return cleaned
  }

  /** As many passes as it takes. @returns How many. */
  async cleanAll(map: OffsetMap, nowMs: number): Promise<number> {
    for (let passes = 1; ; passes++) {
      const before = this.range(nowMs)
      const { firstDirtyOffset } = await this.clean(map, nowMs)
      if (firstDirtyOffset >= before.firstUncleanableOffset) return passes
    }
  }

  abortedIn(fetchOffset: number, upperBoundOffset: number): AbortedTransaction[] {
    const from = this.segments.findLastIndex(({ baseOffset }) => baseOffset <= fetchOffset)
    const found: AbortedTransaction[] = []
    for (const segment of this.segments.slice(Math.max(0, from))) {
      const { aborted, isComplete } = segment.indexes.findAborted({ fetchOffset, upperBoundOffset })
      found.push(...aborted)
      if (isComplete) break
    }
    return found
  }

  /** Each batch, from its bytes. */
  *batches(): Generator<{ bytes: Uint8Array; segment: Segment }> {
    for (const segment of this.segments) {
      const bytes = new Uint8Array(segment.sizeBytes)
      if (segment.sizeBytes > 0) segment.batches.read(bytes, 0)
      for (const start of batchStarts(bytes)) {
        yield { bytes: bytes.slice(start, validateBatch(bytes, start)), segment }
      }
    }
  }

  records(): (LogRecord & { batch: Uint8Array })[] {
    return [...this.batches()].flatMap(({ bytes }) =>
      recordsOf(bytes).map((record) => ({ ...record, batch: bytes })),
    )
  }

  private replace({ removed, added }: Replacement): void {
    const old = removed as readonly Segment[]
    for (const segment of old) segment.release()
    swapSegments(this.files, this.directory, {
      removed: removed.map(({ baseOffset }) => baseOffset),
      added: added.map(({ baseOffset }) => baseOffset),
    })
    const index = this.segments.indexOf(old[0] as Segment)
    const fresh = added.map(({ baseOffset, state }) => this.segmentAt(baseOffset, state))
    this.segments.splice(index, old.length, ...fresh)
  }

  private segmentAt(baseOffset: number, state?: ConstructorParameters<typeof Segment>[2]): Segment {
    const { indexIntervalBytes } = this.config
    const names = { changed: false }
    const options = { directory: this.directory, baseOffset, indexIntervalBytes, names }
    return new Segment(this.handles, options, state)
  }
}

export function recordsOf(batch: Uint8Array): LogRecord[] {
  const cursor = new RecordCursor(batch, 0, { remainingBytes: 10_000_000 })
  const records: LogRecord[] = []
  while (cursor.next()) {
    const { offset, timestamp } = cursor
    const [key, value, headers] = [cursor.key(), cursor.value(), cursor.headers()]
    records.push({ offset, timestamp, key, value, headers })
  }
  return records
}

export function rangeOf(batch: Uint8Array): [number, number] {
  return [baseOffsetOf(batch, 0), nextOffsetOf(batch, 0)]
}

export function text(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString()
}
