import { expect, test } from 'vitest'
import { parseBrokerOptions } from '../../../broker/config/broker-options.ts'

const listener = (port: number) => ({ host: '0.0.0.0', port, advertisedPort: port })
/** A file that brokers of one cluster share. */
const shared = {
  clusterId: 'AAAAAAAAAAAAAAAAAAAAAQ',
  rack: null,
  dataDir: '/data',
  secretFile: '/secret',
  listeners: { client: listener(9092), internal: listener(9190) },
  controllers: [{ host: 'controller', port: 9191 }],
  metricsPort: 9404,
  config: {},
  autoCreateTopics: true,
}
const environment = {
  KAVKA_NODE_ID: '2',
  KAVKA_ADVERTISED_HOST: 'demo-broker-2.demo-brokers.default.svc',
}

const read = (file: object, environment: Record<string, string>) =>
  parseBrokerOptions('options.json', JSON.stringify(file), environment)

test('brokers that share a file are told apart by their environment', () => {
  const { nodeId, listeners } = read(shared, environment)
  expect(nodeId).toBe(2)
  const advertisedHost = environment.KAVKA_ADVERTISED_HOST
  expect(listeners.client).toMatchObject({ port: 9092, advertisedHost })
  expect(listeners.internal).toMatchObject({ port: 9190, advertisedHost })
})

test('other brokers may be told another host than clients', () => {
  const both = { ...environment, KAVKA_INTERNAL_HOST: 'inside' }
  const { client, internal } = read(shared, both).listeners
  expect([client.advertisedHost, internal.advertisedHost]).toEqual([
    environment.KAVKA_ADVERTISED_HOST,
    'inside',
  ])
})

test('what the file says counts, whatever the environment of the process happens to be', () => {
  const client = { ...listener(9092), advertisedHost: 'localhost' }
  const internal = { ...listener(9190), advertisedHost: '127.0.0.1' }
  const own = { ...shared, nodeId: 5, listeners: { client, internal } }
  expect(read(own, environment)).toMatchObject({
    nodeId: 5,
    listeners: { client: { advertisedHost: 'localhost' } },
  })
})

test.each([
  ['KAVKA_NODE_ID', 'nodeId: is missing'],
  ['KAVKA_ADVERTISED_HOST', 'listeners.client.advertisedHost: is missing'],
] as const)('what neither says is missing: %s', (name, message) => {
  const { [name]: _, ...others } = environment
  expect(() => read(shared, others)).toThrow(`options.json: ${message}`)
})

test('a node id that is none is refused in one line', () => {
  const wrong = { ...environment, KAVKA_NODE_ID: 'demo-broker-2' }
  expect(() => read(shared, wrong)).toThrow(
    'options.json: nodeId: must be a whole number from 0 to 2147483647, found "demo-broker-2"',
  )
})
