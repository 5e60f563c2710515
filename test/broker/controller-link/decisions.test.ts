import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { backoffMs, failuresAfter } from '../../../broker/controller-link/backoff.ts'
import {
  checkStanding,
  chooseController,
} from '../../../broker/controller-link/choose-controller.ts'
import {
  afterHeartbeat,
  heartbeatRequest,
  type Registration,
  registrationRequest,
  standingIn,
} from '../../../broker/controller-link/registration.ts'
import { applyRecords } from '../../../broker/metadata/apply.ts'
import { emptyImage } from '../../../broker/metadata/image.ts'
import { errorCodes } from '../../../broker/protocol/generated/error-codes.ts'
import { changed } from '../../support/fake-controller.ts'
import { brokerOf, uuid } from '../metadata/support.ts'

describe('dialling again', () => {
  test('comes at once, since a controller that was replaced refuses only for a moment', () => {
    expect(backoffMs(1, { below: (below) => below - 1, bytes: () => new Uint8Array() })).toBe(0)
  })

  test('waits longer each time, up to a second, and never less than half of that', () => {
    const chance = fc.record({ failures: fc.integer({ min: 2, max: 200 }), part: fc.nat() })
    fc.assert(
      fc.property(chance, ({ failures, part }) => {
        const random = { below: (below: number) => part % below, bytes: () => new Uint8Array() }
        const longest = failures <= 80 ? 125 : 1_000 // a standby would have taken over by then
        const most = Math.min(longest, 50 * 2 ** (failures - 2))
        const waitMs = backoffMs(failures, random)
        expect(waitMs).toBeLessThanOrEqual(most)
        expect(waitMs).toBeGreaterThanOrEqual(Math.floor(most / 2))
      }),
    )
  })

  test('a controller that takes a broker and drops it at once is no success', () => {
    expect(failuresAfter(4, 20)).toBe(5)
    expect(failuresAfter(4, 60_000)).toBe(1)
  })
})

describe('of several controllers', () => {
  const at = (index: number) => ({ host: '10.0.0.1', port: index })
  const epochOf = (epoch: number, incarnation = epoch) => {
    return { offset: 9, epoch, incarnationId: uuid(incarnation) }
  }
  const seen = (...epochs: number[]) => {
    return epochs.map((epoch, index) => ({ ...epochOf(epoch), address: at(index) }))
  }

  test('the one with the highest epoch is followed', () => {
    expect(chooseController(seen(3, 7, 5), epochOf(3))).toEqual(at(1))
  })

  test('the one that is followed stays so while no other has a higher epoch', () => {
    expect(chooseController(seen(7, 7), epochOf(7), at(1))).toEqual(at(1))
    expect(chooseController(seen(8, 7), epochOf(7), at(1))).toEqual(at(0))
  })

  test('one that was deposed is left though it still answers', () => {
    expect(chooseController(seen(4, 5), epochOf(4), at(0))).toEqual(at(1))
  })

  test('one that was deposed is not followed though no other answers', () => {
    expect(chooseController(seen(4), epochOf(5))).toBeUndefined()
    expect(() => checkStanding(epochOf(4), epochOf(5))).toThrow(
      expect.objectContaining({ problem: 'Superseded' }),
    )
  })

  test('one that gives out the number of an epoch again is not of the same log', () => {
    const again = { ...epochOf(5, 6), address: at(0) }
    expect(chooseController([again], epochOf(5))).toBeUndefined()
    expect(() => checkStanding(again, epochOf(5))).toThrow(
      expect.objectContaining({ problem: 'Diverged' }),
    )
  })

  test('where none is active none is followed', () => {
    expect(chooseController([], epochOf(0))).toBeUndefined()
  })
})

const own: Registration = {
  brokerId: 3,
  clusterId: uuid(9),
  incarnationId: uuid(1_007),
  rack: 'a',
  listeners: [{ name: 'client', host: 'localhost', port: 9092 }],
  features: [{ name: 'metadata.version', min: 7, max: 30 }],
  directoryIds: [uuid(5)],
  heartbeatIntervalMs: 500,
  previousBrokerEpoch: 4,
  isCacheKept: true,
}
const position = { offset: 12, epoch: 4, incarnationId: uuid(4) }

test('a broker registers with what others need to reach it, and how it was left', () => {
  expect(registrationRequest(own, position)).toMatchObject({
    brokerId: 3,
    incarnationId: uuid(1_007),
    listeners: [{ name: 'client', host: 'localhost', port: 9092, securityProtocol: 0 }],
    features: [{ name: 'metadata.version', minSupportedVersion: 7, maxSupportedVersion: 30 }],
    rack: 'a',
    logDirs: [uuid(5)],
    previousBrokerEpoch: 4,
    metadataPosition: position,
  })
})

describe('a heartbeat', () => {
  const beat = {
    brokerEpoch: 7,
    position,
    hasCaughtUp: true,
    wantShutDown: false,
    failedDirectoryIds: [],
    replicaEnds: [],
  }

  test('tells the last record that was applied, as Kafka counts', () => {
    expect(heartbeatRequest(own, beat).currentMetadataOffset).toBe(11)
    const empty = { ...beat, position: { ...position, offset: 0 } }
    expect(heartbeatRequest(own, empty).currentMetadataOffset).toBe(-1)
  })

  test('says of which controller that record is, since numbers of epochs may come twice', () => {
    expect(heartbeatRequest(own, beat).metadataPosition).toEqual(position)
  })

  test('names the directories that do not take what is written (KIP-858)', () => {
    const failing = { ...beat, failedDirectoryIds: ['bWFnaWMtZGlyZWN0b3J5LQ'] }
    expect(heartbeatRequest(own, failing).offlineLogDirs).toEqual(['bWFnaWMtZGlyZWN0b3J5LQ'])
  })

  test('asks to stay fenced until the broker has caught up', () => {
    expect(heartbeatRequest(own, { ...beat, hasCaughtUp: false }).wantFence).toBe(true)
    expect(heartbeatRequest(own, beat).wantFence).toBe(false)
  })

  test('comes every half second, and more often while somebody waits for its answer', () => {
    const fine = { errorCode: 0, isFenced: false }
    expect(afterHeartbeat(fine, beat, own)).toEqual({ nextMs: 500 })
    expect(afterHeartbeat(fine, { ...beat, wantShutDown: true }, own)).toEqual({ nextMs: 100 })
    expect(afterHeartbeat({ ...fine, isFenced: true }, beat, own)).toEqual({ nextMs: 100 })
    const behind = { ...beat, hasCaughtUp: false }
    expect(afterHeartbeat({ ...fine, isFenced: true }, behind, own)).toEqual({ nextMs: 500 })
  })

  test.each(['STALE_BROKER_EPOCH', 'BROKER_ID_NOT_REGISTERED'] as const)(
    'that is answered %s makes the broker register again',
    (code) => {
      const answer = { errorCode: errorCodes[code], isFenced: true }
      expect(afterHeartbeat(answer, beat, own)).toBe('register')
    },
  )

  test('with any other error is a refusal', () => {
    const answer = { errorCode: errorCodes.NOT_CONTROLLER, isFenced: true }
    expect(afterHeartbeat(answer, beat, own)).toBe('refused')
  })
})

test('what an image says of an earlier life of a broker is not about this process', () => {
  const registered = applyRecords(emptyImage, [brokerOf(3, 7)])
  const earlier = { brokerId: 3, incarnationId: uuid(1) }
  expect(standingIn(emptyImage, own)).toBe('unknown')
  expect(standingIn(registered, earlier)).toBe('unknown')
  expect(standingIn(applyRecords(registered, [changed(3, 7, 1)]), own)).toBe('fenced')
  expect(standingIn(applyRecords(registered, [changed(3, 7, -1)]), own)).toBe('unfenced')
})
