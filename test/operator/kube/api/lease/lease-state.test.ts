import { expect, test } from 'vitest'
import {
  decideLease,
  type LeaseEvent,
  type LeaseRecord,
  type LeaseView,
  leaseTimes,
  nextLease,
  unknownLease,
} from '../../../../../operator/kube/api/lease/lease-state.ts'

const lease = (holder: string, version = '1'): LeaseRecord => {
  return { version, holder, durationMs: 4_000, transitions: 0 }
}
/** As `me` sees a Lease that changed at 10 s. */
const seen = (holder: string, more: Partial<LeaseView> = {}): LeaseView => {
  return { ...unknownLease, lease: lease(holder), changedMs: 10_000, ...more }
}
const at = (nowMs: number, view: LeaseView) => decideLease(view, 'me', leaseTimes, nowMs)
const heard = (view: LeaseView, lease: LeaseRecord | 'missing', nowMs: number) =>
  nextLease(view, { type: 'heard', lease }, nowMs)

test('nothing is done before the Lease is known', () => {
  expect(at(0, unknownLease)).toEqual({ role: 'standby', write: undefined, againMs: undefined })
})

test('a Lease that is not there is made', () => {
  expect(at(0, { ...unknownLease, lease: 'missing' })).toMatchObject({ write: 'create' })
})

test('a standby waits until the holder has been silent for as long as its Lease says', () => {
  expect(at(13_999, seen('other'))).toEqual({ role: 'standby', write: undefined, againMs: 14_000 })
  expect(at(14_000, seen('other'))).toMatchObject({ role: 'standby', write: 'take' })
})

test('every sign of the holder puts the end off', () => {
  const view = heard(seen('other'), lease('other', '2'), 13_000)
  expect(at(16_999, view)).toMatchObject({ write: undefined, againMs: 17_000 })
})

test('the same Lease again is no sign', () => {
  const view = heard(seen('other'), lease('other'), 13_000)
  expect(at(14_000, view)).toMatchObject({ write: 'take' })
})

test('a Lease that was let go of is taken at once', () => {
  expect(at(10_000, seen(''))).toMatchObject({ write: 'take' })
})

test('the Lease of a holder that is known to be dead is taken at once, unless it renews', () => {
  const view = seen('other', { dead: 'other' })
  expect(at(10_001, view)).toMatchObject({ write: 'take' })
  expect(at(10_001, heard(view, lease('other', '2'), 10_001))).toMatchObject({
    write: undefined,
  })
})

test('the holder renews every 2 s', () => {
  const view = seen('me', { renewedMs: 10_000 })
  expect(at(11_999, view)).toEqual({ role: 'holder', write: undefined, againMs: 12_000 })
  expect(at(12_000, view)).toMatchObject({ role: 'holder', write: 'renew' })
})

test('a holder that could not renew stops acting half a second before anybody may follow it', () => {
  const view = seen('me', { renewedMs: 10_000, notBeforeMs: 13_400 })
  expect(at(13_499, view)).toMatchObject({ role: 'holder', write: 'renew' })
  expect(at(13_500, view)).toMatchObject({ role: 'uncertain', write: 'renew' })
})

test('it is asked again when it becomes uncertain, whether or not a renewal is under way', () => {
  const waiting = seen('me', { renewedMs: 10_000, notBeforeMs: 13_800 })
  expect(at(13_300, waiting)).toEqual({ role: 'holder', write: undefined, againMs: 13_500 })
  const renewing = seen('me', { renewedMs: 10_000 })
  expect(at(12_000, renewing)).toEqual({ role: 'holder', write: 'renew', againMs: 13_500 })
})

test('what a renewal is worth counts from when it was sent, not from its answer', () => {
  const written: LeaseEvent = { type: 'written', lease: lease('me', '2'), sentMs: 12_000 }
  const view = nextLease(seen('me', { renewedMs: 10_000 }), written, 12_900)
  expect(at(15_499, view)).toMatchObject({ role: 'holder' })
  expect(at(15_500, view)).toMatchObject({ role: 'uncertain' })
})

test('a Lease that somebody made shorter ends sooner for its holder too', () => {
  const short = { ...lease('me'), durationMs: 2_000 }
  expect(at(11_500, seen('me', { lease: short, renewedMs: 10_000 }))).toMatchObject({
    role: 'uncertain',
  })
})

test('one that lost the Lease is a standby, however lately it renewed', () => {
  expect(at(10_500, seen('other', { renewedMs: 10_400 }))).toMatchObject({ role: 'standby' })
})

test('one whose taking was not acknowledged is no holder before it has renewed', () => {
  const taken = heard(seen('other', { renewedMs: 5_000 }), lease('me', '2'), 10_500)
  expect(at(10_500, taken)).toMatchObject({ role: 'standby', write: 'renew' })
  expect(at(10_600, { ...taken, renewedMs: 10_500 })).toMatchObject({ role: 'holder' })
})

test('after a failure nothing is written before its time', () => {
  const view = nextLease(seen('other'), { type: 'failed', waitMs: 300, isAway: false }, 13_900)
  expect(at(14_100, view)).toEqual({ role: 'standby', write: undefined, againMs: 14_200 })
})

test('after an outage of the API server its holder has the time of a Lease to come back', () => {
  const failed: LeaseEvent = { type: 'failed', waitMs: 300, isAway: true }
  const view = nextLease(seen('other'), failed, 14_100)
  expect(at(14_399, view)).toMatchObject({ write: undefined, againMs: 14_400 })
  expect(at(14_400, view)).toMatchObject({ write: 'look' })
  expect(at(60_000, view)).toMatchObject({ write: 'look' })
  const back = nextLease(view, { type: 'read', lease: lease('other') }, 60_000)
  expect(at(60_000, back)).toMatchObject({ write: undefined, againMs: 64_000 })
  expect(heard(view, lease('other'), 60_000)).toEqual(back)
})

test('one that is known to be dead is followed as soon as the API server is there again', () => {
  const failed: LeaseEvent = { type: 'failed', waitMs: 300, isAway: true }
  const view = nextLease(seen('other'), failed, 14_100)
  const dead = nextLease(view, { type: 'died', holder: 'other' }, 14_200)
  expect(at(14_200, dead)).toMatchObject({ write: 'take' })
})

test('one whose answer was lost, and who has the Lease, renews it soon', () => {
  const taken = nextLease(seen('other'), { type: 'read', lease: lease('me', '2') }, 14_050)
  const view = nextLease(taken, { type: 'failed', waitMs: 300, isAway: true }, 14_100)
  expect(at(14_400, view)).toMatchObject({ write: 'renew' })
})

test('what is heard late, and an answer that comes late, change nothing', () => {
  const view = seen('other', { lease: lease('other', '12') })
  expect(heard(view, lease('me', '9'), 11_000)).toBe(view)
  const written: LeaseEvent = { type: 'written', lease: lease('me', '11'), sentMs: 10_000 }
  expect(nextLease(view, written, 11_000)).toBe(view)
})

test('what is read holds, even if it is older: the API server may have been restored', () => {
  const view = seen('me', { lease: lease('me', '12'), renewedMs: 10_000 })
  const read = nextLease(view, { type: 'read', lease: lease('other', '9') }, 11_000)
  expect(at(11_000, read)).toMatchObject({ role: 'standby', write: undefined, againMs: 15_000 })
})

test('a Lease that was deleted is made anew at once by its holder, and by others once it has ended', () => {
  const mine = heard(seen('me', { renewedMs: 10_000 }), 'missing', 11_000)
  expect(at(11_000, mine)).toMatchObject({ role: 'standby', write: 'create' })
  const others = heard(seen('other'), 'missing', 11_000)
  expect(at(11_000, others)).toEqual({ role: 'standby', write: undefined, againMs: 14_000 })
  expect(at(11_000, { ...others, dead: 'other' })).toMatchObject({ write: 'create' })
  expect(at(11_000, heard(seen(''), 'missing', 11_000))).toMatchObject({ write: 'create' })
})
