import { expect, test } from 'vitest'
import { parseBrokerOptions } from '../../../../broker/config/broker-options.ts'
import { optionsConfigMap } from '../../../../operator/kafka-cluster/resources/options.ts'
import { context, kafkaCluster } from '../support.ts'

const environment = { KAVKA_NODE_ID: '1', KAVKA_ADVERTISED_HOST: 'demo-broker-1' }

function optionsOf(cluster = kafkaCluster()) {
  const { data } = optionsConfigMap(cluster, context)
  return parseBrokerOptions('options.json', data['options.json'], environment)
}

test('a broker takes them, with what its pod says of itself', () => {
  const options = optionsOf(kafkaCluster({ config: { 'num.partitions': '6' } }))
  expect(options).toMatchObject({
    clusterId: context.clusterId,
    nodeId: 1,
    controllers: context.controllers,
    metricsPort: 9404,
    config: { 'num.partitions': '6', 'broker.heartbeat.interval.ms': '500' },
    stopWithoutControllerMs: null, // an API server may be away for days
  })
  expect(options.listeners.client).toEqual({
    host: '0.0.0.0',
    port: 9092,
    advertisedHost: 'demo-broker-1',
    advertisedPort: 9092,
  })
})

test('the port of clients is the one of the listener', () => {
  const listeners = [{ name: 'main', port: 19_092 }]
  expect(optionsOf(kafkaCluster({ listeners })).listeners.client.port).toBe(19_092)
})

test('other options have another name, so that what runs keeps what it was started with', () => {
  const nameOf = (config: object) =>
    optionsConfigMap(kafkaCluster({ config }), context).metadata.name
  const before = nameOf({ 'num.partitions': '1', 'log.retention.ms': '5' })
  expect(before).toMatch(/^demo-broker-options-[0-9a-f]{10}$/)
  expect(nameOf({ 'log.retention.ms': '5', 'num.partitions': '1' })).toBe(before)
  expect(nameOf({ 'num.partitions': '2', 'log.retention.ms': '5' })).not.toBe(before)
  expect(optionsConfigMap(kafkaCluster(), context).immutable).toBe(true)
})
