import { expect, test } from 'vitest'
import { encodeBatch, type MetadataBatch } from '../../../broker/metadata/batch.ts'
import { applyBatch, emptyState, positionOf } from '../../../broker/metadata/position.ts'
import { metadataRecord } from '../../../broker/metadata/records.ts'
import { firstBatch } from '../../../operator/controller/store/birth.ts'
import { Histories, isOnTheWay } from './histories.ts'

const begun = () => new Histories(applyBatch(emptyState, firstBatch('kafka-of-tests', 0)))

/** The next append of whoever took over last. */
function noOp(histories: Histories, timestampMs = 0): MetadataBatch {
  const { offset: baseOffset, epoch: controllerEpoch } = positionOf(histories.now.state)
  return encodeBatch([metadataRecord('NoOpRecord', {})], {
    baseOffset,
    controllerEpoch,
    timestampMs,
  })
}

function takeover(histories: Histories, incarnation: number): MetadataBatch {
  const { offset: startOffset, epoch } = positionOf(histories.now.state)
  const incarnationId = Buffer.alloc(16, incarnation).toString('base64url')
  const fields = { epoch: epoch + 1, incarnationId, startOffset }
  const about = { baseOffset: startOffset, controllerEpoch: epoch + 1, timestampMs: 0 }
  return encodeBatch([metadataRecord('ControllerEpochRecord', fields)], about)
}

test('what a log went through is on its way, and what it was put back from is not', () => {
  const histories = begun()
  const first = histories.now
  const lost = histories.append(takeover(histories, 1))
  histories.goBack(first)
  const other = histories.append(takeover(histories, 2))
  expect(isOnTheWay(first, other)).toBe(true)
  expect(isOnTheWay(lost, other)).toBe(false)
  expect(histories.placeAt(positionOf(lost.state))).toBe(lost)
})

test('a log that was put back may go on with the append that it had', () => {
  const histories = begun()
  const first = histories.now
  const batch = noOp(histories)
  const was = histories.append(batch)
  histories.goBack(first)
  expect(histories.append(batch)).toBe(was)
})

test('two appends of one epoch that end at one offset are a fork', () => {
  const histories = begun()
  const first = histories.now
  histories.append(noOp(histories, 1))
  histories.goBack(first)
  expect(() => histories.append(noOp(histories, 2))).toThrow('two appends end at')
})

test('what a writer was told not to be there must not come, nor have come', () => {
  const histories = begun()
  const batch = noOp(histories)
  const { state } = histories.append(batch)
  expect(() => histories.absent(positionOf(state))).toThrow('the append that ends at')
  const others = begun()
  others.absent(positionOf(state))
  expect(() => others.append(batch)).toThrow('the append that ends at')
})

test('an image that nobody has seen there is not in the store, nor is another one', () => {
  const histories = begun()
  const { state } = histories.append(takeover(histories, 1))
  expect(histories.placeOf(state, 'a reader').state).toBe(state)
  const another = { ...state, image: { ...state.image, nextProducerId: 5 } }
  expect(() => histories.placeOf(another, 'a reader')).toThrow('a reader at offset 2')
  expect(() => histories.placeOf({ ...state, offset: 7 }, 'a reader')).toThrow('at offset 7')
})
