import { expect, test } from 'vitest'
import {
  eventObject,
  type Happening,
} from '../../../../../operator/kube/api/events/event-object.ts'

const metadata = { name: 'demo', namespace: 'default', uid: 'u', resourceVersion: '7' }
const happening: Happening = {
  regarding: { apiVersion: 'kavka.dev/v1alpha1', kind: 'KafkaCluster', metadata },
  type: 'Normal',
  reason: 'BrokerRestarted',
  action: 'RestartBroker',
  note: 'broker 1 has another configuration',
}
const where = { instance: 'operator-0', nowMs: Date.UTC(2026, 4, 1, 12, 0, 0, 250) }

test('an Event has all that events.k8s.io/v1 wants', () => {
  expect(eventObject(happening, where)).toEqual({
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { generateName: 'demo-', namespace: 'default' },
    eventTime: '2026-05-01T12:00:00.250000Z',
    reportingController: 'kavka.dev/operator',
    reportingInstance: 'operator-0',
    type: 'Normal',
    reason: 'BrokerRestarted',
    action: 'RestartBroker',
    regarding: { apiVersion: 'kavka.dev/v1alpha1', kind: 'KafkaCluster', ...metadata },
    note: 'broker 1 has another configuration',
  })
})

test.each(['a', 'ü', '€', '😀'])('a long note is cut to whole characters: %s', (character) => {
  const { note } = eventObject({ ...happening, note: character.repeat(2_000) }, where)
  expect(Buffer.byteLength(note as string)).toBeLessThanOrEqual(1_024)
  expect(Buffer.byteLength(note as string)).toBeGreaterThan(1_020)
  expect(note).toMatch(new RegExp(`^(${character})+\\.\\.\\.$`, 'u'))
})

test('what belongs to no namespace is told in the default one', () => {
  const regarding = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n', uid: 'u', resourceVersion: '1' },
  }
  expect(eventObject({ ...happening, regarding }, where).metadata.namespace).toBe('default')
})
