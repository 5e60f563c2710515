import { expect, test } from 'vitest'
import {
  maintenanceConfigOf,
  netLimitsOf,
  producerIdExpirationMsOf,
} from '../../../broker/config/broker-settings.ts'

test('what is said of connections holds for the listeners', () => {
  const given = { 'max.connections': '50', 'connections.max.idle.ms': '1000' }
  expect(netLimitsOf(given)).toEqual({ maxConnections: 50, maxIdleMs: 1_000 })
})

test('what is not said, or is no bound, leaves our own bounds', () => {
  expect(netLimitsOf({ 'queued.max.request.bytes': '-1' })).toEqual({})
  expect(maintenanceConfigOf({})).toEqual({})
})

test('retention is looked at as often as is said', () => {
  const given = { 'log.retention.check.interval.ms': '2000' }
  expect(maintenanceConfigOf(given)).toEqual({ retentionCheckIntervalMs: 2_000 })
})

test('an idle producer is forgotten after a day, as in Kafka, or when it is said', () => {
  expect(producerIdExpirationMsOf({})).toBe(86_400_000)
  expect(producerIdExpirationMsOf({ 'producer.id.expiration.ms': '5' })).toBe(5)
})
