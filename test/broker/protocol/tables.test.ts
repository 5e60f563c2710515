import { expect, test } from 'vitest'
import { apis } from '../../../broker/protocol/generated/apis.ts'
import {
  brokerConfigDefaults,
  topicConfigDefaults,
} from '../../../broker/protocol/generated/config-defaults.ts'
import { errorCodes, retriableErrors } from '../../../broker/protocol/generated/error-codes.ts'

test('every API of clients and of KRaft is there, and none that Kafka has dropped', () => {
  const keys: number[] = Object.values(apis).map(({ key }) => key)
  const last = Math.max(...keys)
  const missing = Array.from({ length: last + 1 }, (_, key) => key).filter(
    (key) => !keys.includes(key),
  )
  // ZooKeeper's: LeaderAndIsr, StopReplica, UpdateMetadata, ControlledShutdown.
  expect(missing).toEqual([4, 5, 6, 7])
})

test('Kafka takes requests of its controllers where no client comes', () => {
  expect(apis.AlterPartition.listeners).toEqual(['controller'])
  expect(apis.Produce.listeners).toEqual(['broker'])
  expect(apis.ApiVersions.listeners).toEqual(['broker', 'controller'])
})

test('a version that Kafka does not advertise yet says so', () => {
  expect(apis.InitProducerId).toHaveProperty('latestVersionUnstable', true)
  expect(apis.Produce).not.toHaveProperty('latestVersionUnstable')
})

test('errors have the codes that clients know, and say whether to try again', () => {
  expect(errorCodes.UNKNOWN_SERVER_ERROR).toBe(-1)
  expect(errorCodes.NONE).toBe(0)
  expect(errorCodes.NOT_LEADER_OR_FOLLOWER).toBe(6)
  expect(errorCodes.UNSUPPORTED_VERSION).toBe(35)
  expect(retriableErrors.has('NOT_LEADER_OR_FOLLOWER')).toBe(true)
  expect(retriableErrors.has('TOPIC_AUTHORIZATION_FAILED')).toBe(false)
  const codes = Object.values(errorCodes)
  expect(new Set(codes).size).toBe(codes.length)
})

test('settings have their names, types, defaults and bounds', () => {
  expect(topicConfigDefaults['segment.bytes']).toEqual({
    type: 'int',
    default: '1073741824',
    min: 1_048_576, // the floor since KIP-1030
  })
  expect(topicConfigDefaults['cleanup.policy']).toEqual({
    type: 'list',
    default: 'delete',
    values: ['compact', 'delete'],
  })
  expect(topicConfigDefaults['compression.gzip.level']).toMatchObject({ min: 1, max: 9, also: -1 })
  expect(brokerConfigDefaults['auto.create.topics.enable'].default).toBe('true')
  expect(brokerConfigDefaults['group.consumer.migration.policy'].ignoreCase).toBe(true)
  expect(brokerConfigDefaults['node.id']).toEqual({ type: 'int', min: 0 }) // it must be given
})
