import { describe, expect, test } from 'vitest'
import { encodeBatch } from '../../../broker/metadata/batch.ts'
import { maxEpochs } from '../../../broker/metadata/image.ts'
import {
  applyBatch,
  compareHistory,
  emptyState,
  type MetadataPosition,
  type MetadataState,
  positionAfter,
  positionOf,
  samePosition,
} from '../../../broker/metadata/position.ts'
import { type MetadataRecord, metadataRecord } from '../../../broker/metadata/records.ts'
import { zeroUuid } from '../../../broker/protocol/codec/uuid.ts'
import { metadataError, takeOver, topicOf, uuid } from './support.ts'

const noOp = metadataRecord('NoOpRecord', {})

function append(state: MetadataState, ...records: MetadataRecord[]): MetadataState {
  const position = positionAfter(positionOf(state), records)
  const about = { baseOffset: state.offset, controllerEpoch: position.epoch, timestampMs: 1 }
  const after = applyBatch(state, encodeBatch(records, about))
  expect(positionOf(after)).toEqual(position)
  return after
}

const first = append(emptyState, noOp)
const second = append(first, takeOver(1, 1), ...topicOf('t', uuid(1)))
const third = append(append(second, takeOver(5, 4)), noOp)

test('a position is an offset and whose record is before it', () => {
  expect(positionOf(first)).toEqual({ offset: 1, epoch: 0, incarnationId: zeroUuid })
  expect(positionOf(third)).toEqual({ offset: 6, epoch: 5, incarnationId: uuid(3_005) })
  expect(samePosition(positionOf(third), { ...positionOf(third) })).toBe(true)
  for (const other of [{ offset: 5 }, { epoch: 4 }, { incarnationId: uuid(1) }]) {
    expect(samePosition(positionOf(third), { ...positionOf(third), ...other })).toBe(false)
  }
})

describe('a batch is refused', () => {
  const batch = (records: MetadataRecord[], baseOffset: number, controllerEpoch: number) =>
    encodeBatch(records, { baseOffset, controllerEpoch, timestampMs: 1 })

  test('that leaves a gap, or is there already', () => {
    for (const offset of [third.offset + 1, third.offset - 1]) {
      expect(() => applyBatch(third, batch([noOp], offset, 5))).toThrow(metadataError('Gap'))
    }
  })

  test('that another controller decided than the one of the epoch', () => {
    for (const epoch of [1, 6]) {
      expect(() => applyBatch(third, batch([noOp], third.offset, epoch))).toThrow(
        metadataError('Diverged'),
      )
    }
  })

  test('of which an epoch says that it began elsewhere', () => {
    expect(() => applyBatch(third, batch([takeOver(6, 3)], third.offset, 6))).toThrow(
      metadataError('Diverged'),
    )
  })
})

describe('the history of a log', () => {
  const at = (offset: number, epoch: number, incarnationId = uuid(3_000 + epoch)) =>
    compareHistory(third, { offset, epoch, incarnationId } satisfies MetadataPosition)

  test('holds every position it went through', () => {
    for (const state of [emptyState, first, second, third]) {
      expect(compareHistory(third, positionOf(state))).toBe('held')
    }
    expect([at(2, 1), at(3, 1), at(5, 5)]).toEqual(['held', 'held', 'held'])
  })

  test('diverged from one that is further, or of another epoch or incarnation', () => {
    expect([at(7, 5), at(4, 5), at(2, 0, zeroUuid)]).toEqual(Array(3).fill('diverged'))
    expect(at(5, 5, uuid(1))).toBe('diverged')
  })

  test('goes back only so far', () => {
    let state = first
    for (let epoch = 1; epoch <= maxEpochs; epoch++) state = append(state, takeOver(epoch, epoch))
    expect(compareHistory(state, positionOf(first))).toBe('unknown')
    expect(compareHistory(state, { ...positionOf(first), offset: 2 })).toBe('diverged')
  })
})
