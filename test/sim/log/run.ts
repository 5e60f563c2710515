import { DiskPace } from '../../../broker/log/disk-pace.ts'
import { FileHandles } from '../../../broker/log/file-handles.ts'
import { defaultLogConfig, type LogConfig } from '../../../broker/log/log-config.ts'
import { LogState } from '../../../broker/log/log-state.ts'
import { openPartitionLog } from '../../../broker/log/open.ts'
import type { PartitionLog } from '../../../broker/log/partition-log.ts'
import { Tail } from '../../../broker/log/tail.ts'
import { buildBatch } from '../../../broker/protocol/records/build.ts'
import { buildEndTransactionMarker } from '../../../broker/protocol/records/control.ts'
import {
  baseOffsetOf,
  batchEndOf,
  maxTimestampOf,
  nextOffsetOf,
} from '../../../broker/protocol/records/header.ts'
import { placeBatch } from '../../../broker/protocol/records/patch.ts'
import { batchStarts } from '../../../broker/protocol/records/walk.ts'
import type { Files } from '../../../lib/files.ts'
import { bytesOf } from '../../broker/log/log-support.ts'
import { seeded } from '../../support/mutate.ts'
import { Crashed } from '../disk/errors.ts'
import { orCrash, throwUnlessCrashed } from '../disk/or-crash.ts'
import { SimulatedDisk } from '../disk/simulated-disk.ts'
import type { SyncCall } from '../disk/sync-call.ts'

const directory = '/data/orders-0'
const config: LogConfig = { ...defaultLogConfig, segmentBytes: 1_500, indexIntervalBytes: 150 }

/** What went wrong in a run: the name of a rule and what was seen. */
export type Violation = { readonly rule: string; readonly detail: string }

/** One batch of the model, as it was given to the log. */
type Batch = { readonly base: number; readonly next: number; readonly bytes: Buffer }

/**
 * Lets one log live on a simulated disk through appends, rolls, flushes, cuts and several crashes,
 * and checks after each what is left.
 *
 * @param dropSyncs Plants the bug that these syncs were forgotten.
 */
export async function runLog(
  seed: number,
  dropSyncs?: (sync: SyncCall) => boolean,
): Promise<Violation | undefined> {
  const world = new World(seed, dropSyncs)
  for (let life = 0; life < 4; life++) {
    const violation = await world.live()
    if (violation !== undefined) return violation
  }
  return undefined
}

class World {
  private readonly random: (below: number) => number
  private readonly disk: SimulatedDisk
  /** What the log holds as far as it was written, in all versions that a crash may leave. */
  private batches: Batch[] = []
  private before: Batch[] = []
  /** What a broker keeps in its checkpoint, told as durable to others. */
  private flushed = 0
  private epoch = 0

  constructor(seed: number, dropSyncs?: (sync: SyncCall) => boolean) {
    this.random = seeded(seed * 7_919 + 1)
    this.disk = new SimulatedDisk(seed)
    const files = this.disk.files()
    files.makeDirectory('/data')
    files.syncDirectory('/')
    this.disk.crash({ keepCache: true })
    if (dropSyncs !== undefined) this.disk.dropSyncs(dropSyncs)
  }

  /** From one start to the crash that ends it. */
  async live(): Promise<Violation | undefined> {
    const keepCache = this.random(2) === 0
    const files = this.disk.files()
    try {
      this.epoch += 1
      const log = this.open(files)
      const violation = this.check(log)
      if (violation !== undefined) return violation
      this.disk.crashAtCall(this.disk.calls + 1 + this.random(60), { keepCache })
      for (let step = 0; step < 40; step++) await this.act(log)
      await this.stop(log)
      this.disk.crash({ keepCache })
    } catch (error) {
      if (!(error instanceof Crashed || isCrash(error))) {
        return { rule: nameOf(error), detail: String(error) }
      }
      if (!this.disk.crashed) this.disk.crash({ keepCache })
    }
    if (!keepCache) this.lostPower = true
    return undefined
  }

  private lostPower = false

  private open(files: Files): PartitionLog {
    const services = {
      files,
      handles: new FileHandles(files, { most: 6 }),
      tail: new Tail({ maxBytes: 0 }),
      pace: new DiskPace({ monotonicMs: () => 0 }),
      onFatal: throwUnlessCrashed,
    }
    const options = {
      directory,
      config,
      producerIdExpirationMs: 1e9,
      beforeCut: (end: number) => {
        this.flushed = Math.min(this.flushed, end)
      },
    }
    const found = { clean: false, flushedEndOffset: this.flushed, logStartOffset: 0, nowMs: 0 }
    return openPartitionLog(options, found, services)
  }

  /** What is left must be a beginning of what was written, and hold all that was durable. */
  private check(log: PartitionLog): Violation | undefined {
    const left = readAll(log)
    const versions = [this.batches, this.before]
    const same = versions.find((version) => isBeginning(left, version))
    if (same === undefined) return { rule: 'Foreign', detail: describe(left, this.batches) }
    if (log.logEndOffset < this.flushed) {
      return { rule: 'Lost', detail: `${log.logEndOffset} < ${this.flushed}` }
    }
    if (!this.lostPower && left.length < Math.min(...versions.map(({ length }) => length))) {
      return { rule: 'LostWithCache', detail: describe(left, this.batches) }
    }
    const wrong = wrongState(log, left)
    if (wrong !== undefined) return wrong
    this.lostPower = false
    this.batches = same.slice(0, left.length)
    this.before = this.batches
    return undefined
  }

  /** Every other life that comes so far is ended in order; the crash may come in the midst of it. */
  private async stop(log: PartitionLog): Promise<void> {
    if (this.batches.length % 2 === 0) return
    const end = log.logEndOffset
    await orCrash(log.closeDurably())
    this.disk.files().syncDirectory('/data')
    this.flushed = Math.max(this.flushed, end)
  }

  private async act(log: PartitionLog): Promise<void> {
    switch (this.random(9)) {
      case 0:
        await orCrash(log.roll())
        return
      case 1:
      case 2: {
        const end = log.logEndOffset
        await orCrash(log.flush())
        this.flushed = Math.max(this.flushed, end)
        return
      }
      case 3: {
        if (this.random(3) !== 0) return
        const offset = this.random(log.logEndOffset + 1)
        this.before = this.batches
        this.batches = this.batches.filter(({ next }) => next <= offset)
        await orCrash(log.truncateTo(offset))
        this.before = this.batches
        this.epoch += 1
        return
      }
      default: {
        const bytes = this.batchAt(log.logEndOffset)
        const batch = {
          base: baseOffsetOf(bytes, 0),
          next: nextOffsetOf(bytes, 0),
          bytes: Buffer.from(bytes),
        }
        this.before = this.batches
        this.batches = [...this.batches, batch]
        log.append([bytes], 0)
        await orCrash(log.written())
        this.before = this.batches
      }
    }
  }

  /** Records of a producer with a transaction, or now and then the abort of it. */
  private batchAt(baseOffset: number): Uint8Array {
    const batch = this.random(4) === 0 ? this.abort() : this.records()
    placeBatch(batch, 0, { baseOffset, partitionLeaderEpoch: this.epoch })
    return batch
  }

  private abort(): Uint8Array {
    const marker = { type: 'abort', coordinatorEpoch: 0 } as const
    return buildEndTransactionMarker({ ...marker, ...producer, timestamp: this.timestamp() })
  }

  private timestamp(): number {
    return 1_000 + this.random(1_000)
  }

  private records(): Uint8Array {
    const count = 1 + this.random(3)
    const timestamp = this.timestamp()
    const records = Array.from({ length: count }, () => {
      const value = Buffer.alloc(20 + this.random(3) * 40, this.random(250))
      return { timestamp, key: null, value, headers: [] }
    })
    return buildBatch({ records, ...producer, baseSequence: 0, isTransactional: true })
  }
}

/** One for all records of a batch, so that the first of them is the one that is found. */
function firstSince(left: readonly Batch[], timestamp: number): number | undefined {
  return left.find(({ bytes }) => maxTimestampOf(bytes, 0) >= timestamp)?.base
}

const producer = { producerId: 1, producerEpoch: 0 }

function readAll(log: PartitionLog): Batch[] {
  const left: Batch[] = []
  for (let offset = log.logStartOffset; offset < log.logEndOffset; ) {
    const bytes = bytesOf(log.read(offset, { maxBytes: 100_000 }))
    if (bytes.length === 0) break
    const before = offset
    for (const start of batchStarts(bytes)) {
      const own = bytes.subarray(start, batchEndOf(bytes, start))
      offset = nextOffsetOf(own, 0)
      left.push({ base: baseOffsetOf(own, 0), next: offset, bytes: own })
    }
    if (offset <= before) throw new Error(`no batch at offset ${before}`)
  }
  return left
}

function isBeginning(left: readonly Batch[], whole: readonly Batch[]): boolean {
  return left.every((batch, index) => whole[index]?.bytes.equals(batch.bytes) === true)
}

/** What is known beside the batches must be what follows from them, and each must be found. */
function wrongState(log: PartitionLog, left: readonly Batch[]): Violation | undefined {
  const model = new LogState()
  const aborted = left.flatMap(({ bytes }) => {
    const { ended } = model.replay(bytes)
    return ended?.isAborted === true ? [ended.lastOffset] : []
  })
  const epochs = (state: LogState | undefined) => JSON.stringify(state?.epochs.entries ?? [])
  if (epochs(log.known) !== epochs(model)) {
    return { rule: 'Epochs', detail: `${epochs(log.known)}, not ${epochs(model)}` }
  }
  const range = { fetchOffset: 0, upperBoundOffset: log.logEndOffset }
  const found = log.abortedTransactions(range).map(({ lastOffset }) => lastOffset)
  if (`${found}` !== `${aborted}`) return { rule: 'Aborted', detail: `${found}, not ${aborted}` }
  for (const { base, bytes } of left) {
    const own = bytesOf(log.read(base, { maxBytes: 1 }))
    if (!own.equals(bytes)) return { rule: 'Index', detail: `batch ${base} is not found` }
    const timestamp = maxTimestampOf(bytes, 0)
    const first = log.findTimestamp(timestamp)?.offset
    const wanted = firstSince(left, timestamp)
    if (first !== wanted) return { rule: 'Times', detail: `${first} is found, not ${wanted}` }
  }
  return undefined
}

function describe(left: readonly Batch[], wanted: readonly Batch[]): string {
  const show = (batches: readonly Batch[]) => batches.map(({ base }) => base).join(' ')
  return `left ${show(left)}, written ${show(wanted)}`
}

function isCrash(error: unknown): boolean {
  return error instanceof Error && error.cause instanceof Crashed
}

function nameOf(error: unknown): string {
  return error instanceof Error && 'problem' in error ? String(error.problem) : 'Error'
}
