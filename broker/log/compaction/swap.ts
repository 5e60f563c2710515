import type { Files } from '../../../lib/files.ts'
import { nextOffsetOf } from '../../protocol/records/header.ts'
import { walkHeaders } from '../batch-walk.ts'
import { parseSegmentFileName, type SegmentFile, segmentFileName } from '../names.ts'

/** What ends the names of files that are being written; they are nothing yet. */
export const cleanedSuffix = '.cleaned'
/** What ends the names of files that are whole, and take the place of others. */
const swapSuffix = '.swap'

/**
 * Puts new segments, whose files are there and durable under their `.cleaned` names, in the place
 * of old ones, so that whenever the power is lost `recoverSwaps` finds either all old or all new:
 *
 * 1. `.cleaned` becomes `.swap`. While the first segment has a `.cleaned`, nothing has happened.
 * 2. The old files go. While there is a `.log.swap`, those in its range are old.
 * 3. `.log.swap` becomes `.log`, then the other files get their names.
 *
 * Each step is made durable before the next, since a disk may change names in any order. It does
 * not await anything: nobody sees the directory half changed.
 *
 * @param removed Base offsets of the old segments, none of whose files may be open.
 * @param added Base offsets of the new ones, rising.
 */
export function swapSegments(
  files: Files,
  directory: string,
  { removed, added }: { removed: readonly number[]; added: readonly number[] },
): void {
  const there = new Set(files.list(directory))
  const kindsOf = (baseOffset: number, suffix: string) =>
    kinds.filter((kind) => there.has(segmentFileName(baseOffset, kind) + suffix))
  const pathOf = (baseOffset: number, kind: SegmentFile) =>
    `${directory}/${segmentFileName(baseOffset, kind)}`

  files.syncDirectory(directory) // the names of the new files
  // The first one last: a swap counts that lies before what is still only cleaned.
  for (const bases of [added.slice(1), added.slice(0, 1)]) {
    if (bases.length === 0) continue
    for (const base of bases) {
      for (const kind of kindsOf(base, cleanedSuffix)) {
        files.rename(pathOf(base, kind) + cleanedSuffix, pathOf(base, kind) + swapSuffix)
      }
    }
    files.syncDirectory(directory)
  }
  for (const base of removed) {
    for (const kind of kindsOf(base, '')) files.remove(pathOf(base, kind))
  }
  const swaps = added.flatMap((baseOffset) =>
    kindsOf(baseOffset, cleanedSuffix).map((kind) => ({ baseOffset, kind })),
  )
  nameSwaps(files, directory, swaps)
}

/**
 * Ends what a crash has interrupted, before anything else is done with a directory: a swap that
 * was begun is completed, one that was not is forgotten. Costs one listing where there is nothing
 * to do. Does the same for a directory that a Kafka broker left.
 */
export function recoverSwaps(files: Files, directory: string): void {
  const names = files.list(directory)
  const cleaned = names.filter((name) => name.endsWith(cleanedSuffix))
  const swaps = parse(names.filter((name) => name.endsWith(swapSuffix)))
  const deleted = names.filter((name) => name.endsWith('.deleted')) // as Kafka removes segments

  // A swap whose segments are not all there: older ones may have been done before this one.
  const firstCleaned = Math.min(...parse(cleaned).map(({ baseOffset }) => baseOffset))
  const undone = swaps.filter(({ baseOffset }) => baseOffset >= firstCleaned)
  for (const { name } of undone) files.remove(`${directory}/${name}`)
  if (undone.length > 0) files.syncDirectory(directory) // or they would count without the others
  for (const name of [...cleaned, ...deleted]) files.remove(`${directory}/${name}`)

  const valid = swaps.filter(({ baseOffset }) => baseOffset < firstCleaned)
  if (valid.length === 0) return
  for (const { baseOffset, kind, name } of valid) {
    if (kind !== 'log') continue
    const endOffset = endOf(files, `${directory}/${name}`, baseOffset)
    for (const old of parse(names.filter((name) => parseSegmentFileName(name) !== undefined))) {
      if (old.kind === 'snapshot' || old.baseOffset < baseOffset) continue
      if (old.baseOffset === baseOffset || old.baseOffset < endOffset) {
        files.remove(`${directory}/${old.name}`)
      }
    }
  }
  nameSwaps(files, directory, valid)
}

/** The end of a swap: what is old is gone, but not yet for certain. */
function nameSwaps(files: Files, directory: string, swaps: readonly Named[]): void {
  files.syncDirectory(directory)
  const [logs, others] = [swaps.filter(isLog), swaps.filter((swap) => !isLog(swap))]
  for (const group of [logs, others]) {
    if (group.length === 0) continue
    for (const { baseOffset, kind } of group) {
      const path = `${directory}/${segmentFileName(baseOffset, kind)}`
      files.rename(path + swapSuffix, path)
    }
    files.syncDirectory(directory)
  }
}

type Named = { readonly baseOffset: number; readonly kind: SegmentFile }

/** Not the snapshots: the state of producers at an offset is the same in the new segments. */
const kinds = ['log', 'index', 'timeindex', 'txnindex'] as const

function isLog({ kind }: Named): boolean {
  return kind === 'log'
}

function parse(names: readonly string[]): (Named & { readonly name: string })[] {
  return names.flatMap((name) => {
    const parsed = parseSegmentFileName(name.replace(suffixes, ''))
    return parsed === undefined ? [] : [{ ...parsed, name }]
  })
}

const suffixes = /\.(cleaned|swap)$/

function endOf(files: Files, path: string, baseOffset: number): number {
  const file = files.open(path)
  try {
    let end = baseOffset
    walkHeaders(file, { from: 0, to: file.sizeBytes() }, (bytes, start) => {
      end = nextOffsetOf(bytes, start)
      return true
    })
    return end
  } finally {
    file.close()
  }
}
