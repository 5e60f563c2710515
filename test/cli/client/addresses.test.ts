import { expect, test } from 'vitest'
import { parseAddresses } from '../../../cli/client/addresses.ts'

test('several brokers may be given, and IPv6 addresses in brackets', () => {
  expect(parseAddresses('localhost:9092, kafka-0.kafka:9093,[::1]:9094')).toEqual([
    { host: 'localhost', port: 9092 },
    { host: 'kafka-0.kafka', port: 9093 },
    { host: '::1', port: 9094 },
  ])
})

test.each(['', 'localhost', 'localhost:', ':9092', 'a:0', 'a:65536', 'a:1,', '::1:9092'])(
  'what is no list of addresses is refused: "%s"',
  (text) => {
    expect(() => parseAddresses(text)).toThrow('--bootstrap-server is HOST:PORT[,HOST:PORT]')
  },
)
