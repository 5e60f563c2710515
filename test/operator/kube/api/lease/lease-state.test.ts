import { expect, test } from 'vitest'
import {
  decideLease,
  type LeaseRecord,
  type LeaseView,
  unknownLease,
  withLease,
} from '../../../../../operator/kube/api/lease/lease-state.ts'

const times = { durationMs: 4_000, renewMs: 2_000 }
const lease = (holder: string, version = '1'): LeaseRecord => {
  return { version, holder, durationMs: 4_000, transitions: 0 }
}
/** As `me` sees a Lease that changed at 10 s. */
const seen = (holder: string, more: Partial<LeaseView> = {}): LeaseView => {
  return { ...unknownLease, lease: lease(holder), changedMs: 10_000, ...more }
}
const at = (nowMs: number, view: LeaseView) => decideLease(view, 'me', times, nowMs)

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
  const view = withLease(seen('other'), lease('other', '2'), 13_000)
  expect(at(16_999, view)).toMatchObject({ write: undefined, againMs: 17_000 })
})

test('the same Lease again is no sign', () => {
  const view = withLease(seen('other'), lease('other'), 13_000)
  expect(at(14_000, view)).toMatchObject({ write: 'take' })
})

test('a Lease that was let go of is taken at once', () => {
  expect(at(10_000, seen(''))).toMatchObject({ write: 'take' })
})

test('the Lease of a holder that is known to be dead is taken at once, unless it renews', () => {
  const view = seen('other', { dead: 'other' })
  expect(at(10_001, view)).toMatchObject({ write: 'take' })
  expect(at(10_001, withLease(view, lease('other', '2'), 10_001))).toMatchObject({
    write: undefined,
  })
})

test('the holder renews every 2 s', () => {
  const view = seen('me', { renewedMs: 10_000 })
  expect(at(11_999, view)).toEqual({ role: 'holder', write: undefined, againMs: 12_000 })
  expect(at(12_000, view)).toMatchObject({ role: 'holder', write: 'renew' })
})

test('a holder that could not renew for 4 s is no longer sure, and goes on trying', () => {
  const view = seen('me', { renewedMs: 10_000, notBeforeMs: 13_900 })
  expect(at(13_999, view)).toMatchObject({ role: 'holder', write: 'renew' })
  expect(at(14_000, view)).toMatchObject({ role: 'uncertain', write: 'renew' })
})

test('it is asked again when it becomes uncertain, even if nothing is to be written then', () => {
  const view = seen('me', { renewedMs: 10_000, notBeforeMs: 14_300 })
  expect(at(13_800, view)).toEqual({ role: 'holder', write: undefined, againMs: 14_000 })
})

test('one that lost the Lease is a standby, however lately it renewed', () => {
  expect(at(10_500, seen('other', { renewedMs: 10_400 }))).toMatchObject({ role: 'standby' })
})

test('one whose taking was not acknowledged is no holder before it has renewed', () => {
  const taken = withLease(seen('other', { renewedMs: 5_000 }), lease('me', '2'), 10_500)
  expect(at(10_500, taken)).toMatchObject({ role: 'standby', write: 'renew' })
  expect(at(10_600, { ...taken, renewedMs: 10_500 })).toMatchObject({ role: 'holder' })
})

test('after a failure nothing is written before its time', () => {
  const view = seen('other', { notBeforeMs: 14_200 })
  expect(at(14_100, view)).toEqual({ role: 'standby', write: undefined, againMs: 14_200 })
})
