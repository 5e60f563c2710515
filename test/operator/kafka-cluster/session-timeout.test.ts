import { expect, test } from 'vitest'
import { sessionTimeoutMs } from '../../../operator/kafka-cluster/session-timeout.ts'
import { clusterResource } from '../embedded/support.ts'

const specOf = (sessionTimeout: string, heartbeatInterval: string) => {
  return clusterResource({ controller: { sessionTimeout, heartbeatInterval } }).spec
}

test('a broker may be silent for as long as the resource says', () => {
  expect(sessionTimeoutMs(specOf('1500ms', '500ms'), [])).toBe(1_500)
  expect(sessionTimeoutMs(specOf('1s', '500ms'), [500, 500])).toBe(1_000)
})

test('both times lowered hold once the last broker speaks as often as it is to', () => {
  const lowered = specOf('600ms', '200ms')
  expect(sessionTimeoutMs(lowered, [3_000, 3_000])).toBe(9_000)
  expect(sessionTimeoutMs(lowered, [200, 3_000])).toBe(9_000)
  expect(sessionTimeoutMs(lowered, [200, 200])).toBe(600)
})

test('both times raised hold at once', () => {
  expect(sessionTimeoutMs(specOf('9s', '3s'), [200, 200])).toBe(9_000)
})
