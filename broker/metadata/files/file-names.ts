/** Kafka's names: what a log of metadata has on disk. */
export type MetadataFile =
  /** Batches from an offset on, one behind the other. */
  | { readonly type: 'segment'; readonly name: string; readonly offset: number }
  /** The image at an offset, and the epoch of the record before it. */
  | {
      readonly type: 'snapshot'
      readonly name: string
      readonly offset: number
      readonly epoch: number
    }
  /** One of these that was never finished. */
  | { readonly type: 'part'; readonly name: string }

export function segmentName(offset: number): string {
  return `${digits(offset, 20)}.log`
}

export function snapshotName({ offset, epoch }: { offset: number; epoch: number }): string {
  return `${digits(offset, 20)}-${digits(epoch, 10)}.checkpoint`
}

export function partName(name: string): string {
  return `${name}.part`
}

/** Those of the names that are of the log; others are left alone. Segments and snapshots rise. */
export function metadataFiles(names: readonly string[]) {
  const files = names.flatMap((name) => metadataFile(name) ?? [])
  const ofType = <T extends MetadataFile['type']>(type: T) =>
    files.filter((file): file is Extract<MetadataFile, { type: T }> => file.type === type)
  return {
    segments: ofType('segment').sort((a, b) => a.offset - b.offset),
    snapshots: ofType('snapshot').sort((a, b) => a.offset - b.offset || a.epoch - b.epoch),
    parts: ofType('part'),
  }
}

function metadataFile(name: string): MetadataFile | undefined {
  const [, offsetText = '', epochText, isLog, isPart] =
    /^(\d{20})(?:-(\d{10})\.checkpoint|(\.log))(\.part|\.tmp)?$/.exec(name) ?? []
  const offset = Number(offsetText)
  if (isPart !== undefined) return { type: 'part', name }
  if (!Number.isSafeInteger(offset)) return undefined
  if (isLog !== undefined) return { type: 'segment', name, offset }
  if (epochText === undefined) return undefined
  return { type: 'snapshot', name, offset, epoch: Number(epochText) }
}

function digits(number: number, count: number): string {
  return number.toString().padStart(count, '0')
}
