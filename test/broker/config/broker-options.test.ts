import { describe, expect, test } from 'vitest'
import { OptionsError, parseBrokerOptions } from '../../../broker/config/broker-options.ts'

const listener = (port: number) => {
  return { host: '127.0.0.1', port, advertisedHost: 'localhost', advertisedPort: port }
}
const valid = {
  clusterId: 'AAAAAAAAAAAAAAAAAAAAAQ',
  nodeId: 3,
  rack: 'a',
  dataDir: '/srv/kavka/3',
  secretFile: '/srv/kavka/secret',
  listeners: { client: listener(9092), internal: listener(9192) },
  controllers: [{ host: '127.0.0.1', port: 9191 }],
  metricsPort: 9405,
  config: { 'num.partitions': '3' },
  stopWithoutControllerMs: 600_000,
}

const read = (options: unknown) => parseBrokerOptions('broker-3.json', JSON.stringify(options))

test('what a file says is what the broker runs with', () => {
  expect(read(valid)).toEqual(valid)
})

test('a broker without a controller goes on for ever unless it is told otherwise', () => {
  const { stopWithoutControllerMs, ...rest } = valid
  expect(stopWithoutControllerMs).toBe(600_000)
  expect(read(rest).stopWithoutControllerMs).toBeNull()
  expect(read({ ...valid, stopWithoutControllerMs: null }).stopWithoutControllerMs).toBeNull()
})

test('a slash at the end of the data directory is no part of its name', () => {
  expect(read({ ...valid, dataDir: '/srv/kavka/3//' }).dataDir).toBe('/srv/kavka/3')
})

test('what the operator owns may be said here', () => {
  const config = { 'broker.rack': 'a', 'auto.create.topics.enable': 'true' }
  expect(read({ ...valid, config }).config).toEqual(config)
})

const client = valid.listeners.client
const internal = valid.listeners.internal
const wrong: [string, unknown, RegExp][] = [
  ['clusterId', { ...valid, clusterId: 'demo' }, /22 characters, found "demo"$/],
  ['nodeId', { ...valid, nodeId: -1 }, /a whole number from 0 to 2147483647, found -1$/],
  ['nodeId', { ...valid, nodeId: '1' }, /a whole number .*, found "1"$/],
  ['rack', { ...valid, rack: '' }, /must be a text, found ""$/],
  ['rack', { ...valid, rack: 5 }, /must be a text, found 5$/],
  ['dataDir', { ...valid, dataDir: 'data' }, /must be an absolute path, found "data"$/],
  ['secretFile', { ...valid, secretFile: './s' }, /must be an absolute path/],
  ['listeners', { ...valid, listeners: [] }, /must be an object$/],
  ['listeners.client', { ...valid, listeners: { internal } }, /is missing$/],
  [
    'listeners.client.port',
    { ...valid, listeners: { client: { ...client, port: 65_536 }, internal } },
    /from 0 to 65535, found 65536$/,
  ],
  [
    'listeners.internal.advertisedHost',
    { ...valid, listeners: { client, internal: { ...internal, advertisedHost: null } } },
    /must be a text, found null$/,
  ],
  [
    'listeners.internal.tls',
    { ...valid, listeners: { client, internal: { ...internal, tls: true } } },
    /is not a field of these options$/,
  ],
  [
    'listeners.plain',
    { ...valid, listeners: { client, internal, plain: client } },
    /is not a field of these options$/,
  ],
  [
    'listeners.internal.port',
    { ...valid, listeners: { client, internal: client } },
    /9092 is another port of this broker already$/,
  ],
  ['metricsPort', { ...valid, metricsPort: 9192 }, /9192 is another port/],
  ['metricsPort', { ...valid, metricsPort: 0.5 }, /a whole number .*, found 0.5$/],
  ['controllers', { ...valid, controllers: [] }, /a list with at least one, found \[\]$/],
  ['controllers[1]', { ...valid, controllers: [valid.controllers[0], 'h:1'] }, /an object$/],
  ['controllers[0].port', { ...valid, controllers: [{ host: 'h', port: 0 }] }, /from 1 to/],
  ['config', { ...valid, config: null }, /an object of texts, found null$/],
  ['config.num.partitions', { ...valid, config: { 'num.partitions': 3 } }, /a text, found 3$/],
  ['config.num.partitions', { ...valid, config: { 'num.partitions': 'x' } }, /./],
  ['config.num.partition', { ...valid, config: { 'num.partition': '1' } }, /did you mean num/],
  ['stopWithoutControllerMs', { ...valid, stopWithoutControllerMs: 0 }, /from 1 to .*, found 0$/],
  ['brokerId', { ...valid, brokerId: 3 }, /is not a field of these options$/],
]

describe('a file that is wrong is refused in one line, which names the file and the field', () => {
  test.each(wrong)('%s', (field, options, why) => {
    const { message } = refusal(() => read(options))
    expect(message.startsWith(`broker-3.json: ${field}: `), message).toBe(true)
    expect(message).toMatch(why)
    expect(message).not.toContain('\n')
  })

  test.each(Object.keys(valid).filter((name) => name !== 'stopWithoutControllerMs'))(
    '%s is missing',
    (name) => {
      const options = Object.fromEntries(Object.entries(valid).filter(([key]) => key !== name))
      expect(refusal(() => read(options)).message).toBe(`broker-3.json: ${name}: is missing`)
    },
  )

  test('text that is no JSON', () => {
    const { message } = refusal(() => parseBrokerOptions('broker-3.json', '{\n"nodeId": 1,\n}'))
    expect(message).toMatch(/^broker-3.json: is no JSON: [^\n]+$/)
  })

  test('JSON that is no object', () => {
    expect(refusal(() => read([])).message).toBe('broker-3.json: the file: must be an object')
  })
})

function refusal(run: () => unknown): OptionsError {
  try {
    run()
  } catch (error) {
    if (error instanceof OptionsError) return error
    throw error
  }
  throw new Error('it was taken')
}
