import { zeroUuid } from '../protocol/codec/uuid.ts'
import { applyRecords } from './apply.ts'
import type { MetadataBatch } from './batch.ts'
import { type ControllerEpoch, emptyImage, type MetadataImage, maxEpochs } from './image.ts'
import { MetadataError } from './metadata-error.ts'
import type { MetadataRecord } from './records.ts'

/**
 * A place in a metadata log. The offset alone would not do: of two logs that went different ways
 * (etcd was restored) both may hold it, and even the number of an epoch may be given out twice.
 */
export type MetadataPosition = {
  /** Where the log ends for whoever is there: the offset of the next record. */
  readonly offset: number
  /** Of the last record before it. */
  readonly epoch: number
  readonly incarnationId: string
}

/** An image, and up to where it holds the log. */
export type MetadataState = { readonly image: MetadataImage; readonly offset: number }

export const emptyState: MetadataState = { image: emptyImage, offset: 0 }

export function positionOf({ image, offset }: MetadataState): MetadataPosition {
  const { epoch, incarnationId } = image.controller
  return { offset, epoch, incarnationId }
}

/** For messages: `7 (jy3...)`. */
export function epochText(of: Pick<MetadataPosition, 'epoch' | 'incarnationId'>): string {
  return `${of.epoch} (${of.incarnationId})`
}

export function samePosition(a: MetadataPosition, b: MetadataPosition): boolean {
  return a.offset === b.offset && a.epoch === b.epoch && a.incarnationId === b.incarnationId
}

/** Where the log ends with some more records behind a position. */
export function positionAfter(
  position: MetadataPosition,
  records: readonly MetadataRecord[],
): MetadataPosition {
  let { epoch, incarnationId } = position
  for (const record of records) {
    if (record.type === 'ControllerEpochRecord') ({ epoch, incarnationId } = record)
  }
  return { offset: position.offset + records.length, epoch, incarnationId }
}

/**
 * The state after one more batch: what a broker does with each that it fetched, and everybody with
 * those on disk. The state that was given stays as it is.
 *
 * @throws {MetadataError} Gap, where it does not begin where the state ends; Diverged, where it was
 *   decided by another controller than the one whose epoch the log says; and as `applyRecords`.
 */
export function applyBatch(state: MetadataState, batch: MetadataBatch): MetadataState {
  if (batch.baseOffset !== state.offset) {
    const what = `a batch at offset ${batch.baseOffset} where ${state.offset} is next`
    throw new MetadataError('Gap', what)
  }
  for (const [index, record] of batch.records.entries()) {
    if (record.type !== 'ControllerEpochRecord') continue
    if (record.startOffset !== batch.baseOffset + index) {
      const what = `the record at offset ${batch.baseOffset + index}`
      throw new MetadataError('Diverged', `${what} says that it is at ${record.startOffset}`)
    }
  }
  const image = applyRecords(state.image, batch.records)
  if (batch.controllerEpoch !== image.controller.epoch) {
    const what = `a batch of controller epoch ${batch.controllerEpoch} at offset ${batch.baseOffset}`
    throw new MetadataError('Diverged', `${what}, where epoch is ${image.controller.epoch}`)
  }
  return { image, offset: batch.nextOffset }
}

/**
 * Whether the log of `state` went through `position`: what a controller asks of each broker that
 * fetches from it. `diverged`: the broker has records that are not in this log, and nothing may be
 * decided before somebody has looked. `unknown`: longer ago than the history of epochs goes back.
 */
export function compareHistory(
  { image, offset }: MetadataState,
  position: MetadataPosition,
): 'held' | 'diverged' | 'unknown' {
  if (position.offset > offset) return 'diverged'
  if (position.offset === 0) return 'held'
  const epoch = epochBefore(image, position.offset)
  if (epoch === undefined) return 'unknown'
  const isSame = epoch.epoch === position.epoch && epoch.incarnationId === position.incarnationId
  return isSame ? 'held' : 'diverged'
}

/** Of the last record before `offset`; undefined where the history of epochs does not go back so far. */
export function epochBefore(
  { controllerEpochs }: MetadataImage,
  offset: number,
): Pick<ControllerEpoch, 'epoch' | 'incarnationId'> | undefined {
  const epoch = controllerEpochs.findLast(({ startOffset }) => startOffset < offset)
  if (epoch !== undefined || controllerEpochs.length === maxEpochs) return epoch
  return { epoch: 0, incarnationId: zeroUuid } // the first record is older than all controllers
}
