import { MetadataError } from './metadata-error.ts'

/** One partition as the metadata log has it. Lists are broker ids. */
export type PartitionImage = {
  /** The first is the preferred leader. */
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  /** Out of the ISR, but with all that was committed (KIP-966). */
  readonly elr: readonly number[]
  /** Whom to ask for the longest log where neither ISR nor ELR is left (KIP-966). */
  readonly lastKnownElr: readonly number[]
  readonly addingReplicas: readonly number[]
  readonly removingReplicas: readonly number[]
  /** -1: none. */
  readonly leader: number
  /** Goes up with every election. */
  readonly leaderEpoch: number
  /** Goes up with every change. */
  readonly partitionEpoch: number
  /** RECOVERING after an election of a replica that may lack records (KIP-704). */
  readonly leaderRecoveryState: 'RECOVERED' | 'RECOVERING'
}

/** The lists that nearly every partition leaves empty. */
type RareLists = Pick<
  PartitionImage,
  'elr' | 'lastKnownElr' | 'addingReplicas' | 'removingReplicas'
>

/**
 * The partitions of one topic, in one array of whole numbers: for each a leader, two epochs, counts
 * and flags, then replicas and ISR, both padded to the longest list in the topic. 12 partitions with 3
 * replicas are 1 KB; as objects they take twice that. Never changed: see `TableEdit`.
 *
 * A plain array, in which V8 keeps numbers of 32 bits as they are. An Int32Array has half the bytes and
 * 300 more around them, outside of the heap, where nothing closes the gaps that changes of 10,000
 * topics leave: see docs/benchmarks.md.
 */
export class PartitionTable {
  /** Partitions are 0 to `count`. */
  readonly count: number
  readonly #rows: Rows

  constructor(rows: Rows, count: number) {
    this.#rows = rows
    this.count = count
  }

  /** @param partition One of those that are there, as in all that follows. */
  at(partition: number): PartitionImage {
    return readRow(this.#rows, partition)
  }

  leader(partition: number): number {
    return this.#rows.ints[partition * strideOf(this.#rows)] as number
  }

  leaderEpoch(partition: number): number {
    return this.#rows.ints[partition * strideOf(this.#rows) + 1] as number
  }

  partitionEpoch(partition: number): number {
    return this.#rows.ints[partition * strideOf(this.#rows) + 2] as number
  }

  /** Without making a list. */
  hasReplica(partition: number, brokerId: number): boolean {
    const { ints } = this.#rows
    const start = partition * strideOf(this.#rows)
    const count = (ints[start + 3] as number) & countMask
    for (let i = start + headInts; i < start + headInts + count; i++) {
      if (ints[i] === brokerId) return true
    }
    return false
  }

  edit(): TableEdit {
    return new TableEdit(this.#rows, this.count)
  }

  /** The partitions that are not the same in another version, or in only one of the two. */
  differences(other: PartitionTable): number[] {
    if (other === this) return []
    const changed: number[] = []
    const both = Math.min(this.count, other.count)
    for (let partition = 0; partition < both; partition++) {
      if (!sameRow(this.#rows, other.#rows, partition)) changed.push(partition)
    }
    for (let partition = both; partition < Math.max(this.count, other.count); partition++) {
      changed.push(partition)
    }
    return changed
  }
}

/** Changes to the partitions of a topic that become a new version together. */
export class TableEdit {
  count: number
  #rows: Rows
  #isOwn = false

  constructor(rows: Rows, count: number) {
    this.#rows = rows
    this.count = count
  }

  at(partition: number): PartitionImage {
    return readRow(this.#rows, partition)
  }

  /** Puts a partition in the place of what was there, or behind the last one. */
  set(partition: number, image: PartitionImage): void {
    const width = Math.max(image.replicas.length, image.isr.length, this.#rows.width)
    if (width > maxReplicas) {
      throw new MetadataError('Inconsistent', `${width} replicas, ${maxReplicas} is the limit`)
    }
    this.#makeRoom(partition + 1, width)
    if (partition === this.count) this.count++
    writeRow(this.#rows, partition, image)
  }

  finish(): PartitionTable {
    const { ints, width, rare } = this.#rows
    const used = this.count * (headInts + 2 * width)
    const rows = ints.length === used ? this.#rows : { ints: ints.slice(0, used), width, rare }
    return new PartitionTable(rows, this.count)
  }

  #makeRoom(count: number, width: number): void {
    const { ints, rare, width: before } = this.#rows
    const stride = headInts + 2 * width
    const fits = width === before && count * stride <= ints.length
    if (this.#isOwn && fits) return
    // Twice as much where it grows: partitions of a new topic come one by one.
    const capacity = count <= this.count ? this.count : Math.max(count, 2 * this.count)
    const rows: Rows = {
      ints: new Array<number>(capacity * stride).fill(0),
      width,
      rare: rare.size === 0 ? noRareLists : new Map(rare),
    }
    if (width !== before) {
      for (let p = 0; p < this.count; p++) writeRow(rows, p, readRow(this.#rows, p))
    } else {
      for (let i = 0; i < this.count * stride; i++) rows.ints[i] = ints[i] as number
    }
    this.#rows = rows
    this.#isOwn = true
  }
}

type Rows = {
  readonly ints: number[]
  /** Places for replicas, and for ISR, in each row. */
  readonly width: number
  /** Most tables share the one that is empty: 10,000 of them are 2 MB. */
  rare: Map<number, RareLists>
}

/** Leader, leader epoch, partition epoch, and what `writeRow` packs: counts and recovery state. */
const headInts = 4
/** More brokers than a cluster has; counts of both lists fit beside each other. */
const maxReplicas = 0xfff
const countMask = 0xfff
const recovering = 1 << 24

const noLists: RareLists = Object.freeze({
  elr: Object.freeze([]),
  lastKnownElr: Object.freeze([]),
  addingReplicas: Object.freeze([]),
  removingReplicas: Object.freeze([]),
})

/** Nothing is ever put into it. */
const noRareLists = new Map<number, RareLists>()

export const noPartitions = new PartitionTable({ ints: [], width: 0, rare: noRareLists }, 0)

function strideOf({ width }: Rows): number {
  return headInts + 2 * width
}

function readRow(rows: Rows, partition: number): PartitionImage {
  const { ints, width, rare } = rows
  const start = partition * strideOf(rows)
  const packed = ints[start + 3] as number
  const lists = rare.size === 0 ? noLists : (rare.get(partition) ?? noLists)
  const { elr, lastKnownElr, addingReplicas, removingReplicas } = lists
  return {
    replicas: list(ints, start + headInts, packed & countMask),
    isr: list(ints, start + headInts + width, (packed >>> 12) & countMask),
    elr,
    lastKnownElr,
    addingReplicas,
    removingReplicas,
    leader: ints[start] as number,
    leaderEpoch: ints[start + 1] as number,
    partitionEpoch: ints[start + 2] as number,
    leaderRecoveryState: (packed & recovering) === 0 ? 'RECOVERED' : 'RECOVERING',
  }
}

function writeRow(rows: Rows, partition: number, image: PartitionImage): void {
  const { ints, width } = rows
  const { replicas, isr } = image
  const start = partition * strideOf(rows)
  ints[start] = image.leader
  ints[start + 1] = image.leaderEpoch
  ints[start + 2] = image.partitionEpoch
  ints[start + 3] =
    replicas.length |
    (isr.length << 12) |
    (image.leaderRecoveryState === 'RECOVERING' ? recovering : 0)
  for (let i = 0; i < width; i++) {
    ints[start + headInts + i] = replicas[i] ?? 0
    ints[start + headInts + width + i] = isr[i] ?? 0
  }
  const { elr, lastKnownElr, addingReplicas, removingReplicas } = image
  const isRare =
    elr.length > 0 ||
    lastKnownElr.length > 0 ||
    addingReplicas.length > 0 ||
    removingReplicas.length > 0
  if (isRare) {
    if (rows.rare === noRareLists) rows.rare = new Map()
    rows.rare.set(partition, { elr, lastKnownElr, addingReplicas, removingReplicas })
  } else if (rows.rare.size > 0) rows.rare.delete(partition)
}

function list(ints: readonly number[], start: number, count: number): number[] {
  const ids = new Array<number>(count)
  for (let i = 0; i < count; i++) ids[i] = ints[start + i] as number
  return ids
}

function sameRow(a: Rows, b: Rows, partition: number): boolean {
  if (a.width === b.width) {
    const stride = strideOf(a)
    const start = partition * stride
    for (let i = start; i < start + stride; i++) if (a.ints[i] !== b.ints[i]) return false
    if (a.rare.get(partition) === b.rare.get(partition)) return true // both undefined, most often
  }
  return JSON.stringify(readRow(a, partition)) === JSON.stringify(readRow(b, partition))
}
