import { describe, expect, test } from 'vitest'
import { positionOf } from '../../../../broker/metadata/position.ts'
import { metadataRecord } from '../../../../broker/metadata/records.ts'
import {
  type MemoryFault,
  MemoryLog,
  MemoryStore,
} from '../../../../operator/controller/store/memory-store.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { promisesOf } from './store-promises.ts'

const noOps = [metadataRecord('NoOpRecord', {})]
const newLog = () => new MemoryLog({ clusterId: 'kafka-of-tests' })

describe('the store in memory', () => {
  promisesOf(() => new MemoryStore({ log: newLog(), clock: new ManualClock() }))
})

/** Two controllers that opened the same log, of which the first meets faults. */
async function twoOn(log: MemoryLog) {
  const clock = new ManualClock()
  const faults: { next: MemoryFault } = { next: {} }
  const first = new MemoryStore({ log, clock, fault: () => faults.next })
  const second = new MemoryStore({ log, clock })
  const position = positionOf((await first.open()).state)
  await second.open()
  return { clock, faults, first, second, position }
}

test('of two that know the same position one gets its append in', async () => {
  const { first, second, position } = await twoOn(newLog())
  expect(await second.append(position, noOps)).toMatchObject({ type: 'appended' })
  expect(await first.append(position, noOps)).toEqual({ type: 'superseded' })
})

test('who was superseded stays so until it reads the log again', async () => {
  const log = newLog()
  const { first, second, position } = await twoOn(log)
  await second.append(position, noOps)
  expect(await first.append(log.position, noOps)).toEqual({ type: 'superseded' })
  const { state } = await first.open()
  expect(await first.snapshot(positionOf(state), state.image)).toMatchObject({ type: 'taken' })
  expect(await first.append(positionOf(state), noOps)).toMatchObject({ type: 'appended' })
  expect(await second.snapshot(positionOf(state), state.image)).toEqual({ type: 'superseded' })
})

test('a slow append takes effect late, and only if nobody else was there before', async () => {
  const { clock, faults, first, second, position } = await twoOn(newLog())
  faults.next = { delayMs: 100 }
  const slow = first.append(position, noOps)
  expect(await second.append(position, noOps)).toMatchObject({ type: 'appended' })
  await clock.advance(100)
  expect(await slow).toEqual({ type: 'superseded' })
})

test('an answer that was lost comes late; the append was there all the time', async () => {
  const { clock, faults, first, second, position } = await twoOn(newLog())
  faults.next = { answerDelayMs: 50 }
  let answer: unknown
  const asked = first.append(position, noOps).then((appended) => {
    answer = appended
  })
  await clock.turn()
  expect(await second.append(position, noOps)).toEqual({ type: 'superseded' })
  expect(answer).toBeUndefined()
  await clock.advance(50)
  await asked
  expect(answer).toMatchObject({ type: 'appended' })
})

test('while the log is out everybody waits, and nobody is told anything', async () => {
  const log = newLog()
  const { clock, first, position } = await twoOn(log)
  log.isOut = true
  let answer: unknown
  const asked = first.append(position, noOps).then((appended) => {
    answer = appended
  })
  await clock.turn()
  expect(answer).toBeUndefined()
  expect(log.position).toEqual(position)
  log.isOut = false
  await asked
  expect(answer).toMatchObject({ type: 'appended' })
})

test('a log that is put back takes another append where one was', async () => {
  const log = newLog()
  const { first, second, position } = await twoOn(log)
  const putBack = log.backUp()
  const lost = await second.append(position, noOps)
  putBack()
  expect(log.position).toEqual(position)
  const takesOver = metadataRecord('ControllerEpochRecord', {
    epoch: 1,
    incarnationId: 'AAAAAAAAAAAAAAAAAAAAAQ',
    startOffset: position.offset,
  })
  const appended = await first.append(position, [takesOver])
  expect(appended).toMatchObject({ type: 'appended', position: { offset: position.offset + 1 } })
  expect(lost).toMatchObject({ type: 'appended', position: { offset: position.offset + 1 } })
  expect(await second.append(log.position, noOps)).toEqual({ type: 'superseded' })
})
