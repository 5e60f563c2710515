import { expect, test } from 'vitest'
import {
  maintenanceConfigOf,
  netLimitsOf,
  producerIdExpirationMsOf,
} from '../../../broker/config/broker-settings.ts'

test('what is said of connections holds for the listeners', () => {
  const given = {
    'max.connections': '50',
    'max.connections.per.ip': '5',
    'connections.max.idle.ms': '1000',
    'socket.request.max.bytes': '2000',
    'queued.max.request.bytes': '3000',
  }
  expect(netLimitsOf(given)).toEqual({
    maxConnections: 50,
    maxConnectionsPerIp: 5,
    maxIdleMs: 1_000,
    maxFrameBytes: 2_000,
    maxReceivedBytes: 3_000,
  })
})

test('what is not said, or is no bound, leaves our own bounds', () => {
  expect(netLimitsOf({ 'queued.max.request.bytes': '-1' })).toEqual({})
  expect(maintenanceConfigOf({})).toEqual({})
})

test('retention and compaction are looked at as often as is said', () => {
  const given = { 'log.retention.check.interval.ms': '2000', 'log.cleaner.backoff.ms': '1000' }
  expect(maintenanceConfigOf(given)).toEqual({
    retentionCheckIntervalMs: 2_000,
    cleanerBackoffMs: 1_000,
  })
})

test('an idle producer is forgotten after a day, as in Kafka, or when it is said', () => {
  expect(producerIdExpirationMsOf({})).toBe(86_400_000)
  expect(producerIdExpirationMsOf({ 'producer.id.expiration.ms': '5' })).toBe(5)
})
