/**
 * Names of Kafka's files. A partition's directory is `<topic>-<partition>`; in it each segment has
 * files named after its base offset.
 */
export type SegmentFile = 'log' | 'index' | 'timeindex' | 'txnindex' | 'snapshot'

export const epochsFileName = 'leader-epoch-checkpoint'

/** `00000000000000000042.log` */
export function segmentFileName(baseOffset: number, kind: SegmentFile): string {
  return `${String(baseOffset).padStart(offsetDigits, '0')}.${kind}`
}

/** @returns What a file name of a segment says, or undefined for any other file. */
export function parseSegmentFileName(
  name: string,
): { baseOffset: number; kind: SegmentFile } | undefined {
  const match = segmentFilePattern.exec(name)
  if (match === null) return undefined
  const baseOffset = Number(match[1])
  return Number.isSafeInteger(baseOffset)
    ? { baseOffset, kind: match[2] as SegmentFile }
    : undefined
}

const offsetDigits = 20
const segmentFilePattern = /^(\d{20})\.(log|index|timeindex|txnindex|snapshot)$/
