import { expect, test } from 'vitest'
import { type KubePod, observePod } from '../../../operator/kafka-cluster/observed-pod.ts'

const pod: KubePod = {
  metadata: {
    name: 'demo-broker-2',
    uid: 'u',
    labels: { 'kavka.dev/broker-id': '2' },
    annotations: { 'kavka.dev/template-hash': 'h' },
  },
  spec: {
    nodeName: 'node-1',
    volumes: [{ name: 'options', configMap: { name: 'demo-broker-options-1' } }],
  },
  status: { conditions: [{ type: 'Ready', status: 'True' }] },
}

/** A pod whose container was ended and is kept waiting. */
function crashed(finishedAt: string, reason = 'CrashLoopBackOff'): KubePod {
  const lastState = { terminated: { startedAt: '2026-05-01T12:00:00Z', finishedAt } }
  return { ...pod, status: { containerStatuses: [{ state: { waiting: { reason } }, lastState }] } }
}

test('a pod says whose it is, what it is made of and how it is', () => {
  expect(observePod(pod)).toEqual({
    name: 'demo-broker-2',
    uid: 'u',
    brokerId: 2,
    templateHash: 'h',
    optionsName: 'demo-broker-options-1',
    isReady: true,
    isTerminating: false,
    isHeldBack: false,
    hasBrokerIdLabel: true,
    isBegunWith: false,
    node: 'node-1',
    labels: { 'kavka.dev/broker-id': '2' },
  })
})

test('a pod that was only just made is neither ready nor labelled', () => {
  const { name, uid } = pod.metadata
  const fresh = observePod({ metadata: { name, uid }, spec: {} })
  expect(fresh).toMatchObject({ brokerId: 2, isReady: false, hasBrokerIdLabel: false })
})

test('a pod that was asked to go is on its way out', () => {
  const metadata = { ...pod.metadata, deletionTimestamp: '2026-05-01T12:00:00Z' }
  expect(observePod({ ...pod, metadata })?.isTerminating).toBe(true)
})

test('other pods are no brokers', () => {
  expect(observePod({ ...pod, metadata: { name: 'demo-broker', uid: 'u' } })).toBeUndefined()
})

test('who ran and crashed is only held back by Kubernetes; who dies at the start is rightly so', () => {
  expect(observePod(crashed('2026-05-01T12:00:30Z'))?.isHeldBack).toBe(true)
  expect(observePod(crashed('2026-05-01T12:00:01Z'))?.isHeldBack).toBe(false)
  expect(observePod(crashed('2026-05-01T12:00:30Z', 'ImagePullBackOff'))?.isHeldBack).toBe(false)
})
