import { expect, onTestFinished, test } from 'vitest'
import { BrokerRacks } from '../../../operator/in-kubernetes/broker-racks.ts'
import { FakeKubeApi } from '../../support/fake-kube-api.ts'
import { openKubeApi } from '../../support/kube-parts.ts'
import { observedPod } from '../kafka-cluster/support.ts'

const zone = 'topology.kubernetes.io/zone'
const room = 'example.com/room'

async function newRacks() {
  const fake = await FakeKubeApi.start()
  const api = openKubeApi(fake.access)
  onTestFinished(async () => {
    await api[Symbol.asyncDispose]()
    await fake[Symbol.asyncDispose]()
  })
  fake.put('/api/v1/nodes/node-1', { metadata: { labels: { [zone]: 'a', [room]: '7' } } })
  const unknown: string[] = []
  const racks = new BrokerRacks(api.objects, ({ name }, why) => unknown.push(`${name}: ${why}`))
  return { fake, racks, unknown }
}

test('a label of the pod says where its broker stands, without a look at the node', async () => {
  const { fake, racks } = await newRacks()
  await racks.learn([observedPod(1, { labels: { [zone]: 'b' } })], zone)
  expect(racks.rackOf(1)).toBe('b')
  expect(fake.requests).toEqual([])
})

test('else a label of its node does, which is read once for each pod', async () => {
  const { fake, racks } = await newRacks()
  await racks.learn([observedPod(1)], room)
  await racks.learn([observedPod(1)], room)
  expect(racks.rackOf(1)).toBe('7')
  expect(fake.requests).toHaveLength(1)
  await racks.learn([observedPod(1, { uid: 'next' })], zone)
  expect(racks.rackOf(1)).toBe('a')
})

test('of a pod that is on no node yet nobody knows', async () => {
  const { racks, unknown } = await newRacks()
  await racks.learn([observedPod(1, { node: undefined })], zone)
  expect(racks.rackOf(1)).toBeUndefined()
  expect(racks.rackOf(2)).toBeUndefined()
  expect(unknown).toEqual([])
})

test('a broker whose node says nothing, or may not be read, stands in none, which is told once', async () => {
  const { fake, racks, unknown } = await newRacks()
  fake.put('/api/v1/nodes/node-2', { metadata: { labels: {} } })
  fake.intercept = ({ path }) => {
    return path === '/api/v1/nodes/node-3' ? { status: 403, body: { code: 403 } } : undefined
  }
  const pods = [observedPod(2), observedPod(3)]
  await racks.learn(pods, zone)
  await racks.learn(pods, zone)
  expect([racks.rackOf(2), racks.rackOf(3)]).toEqual([null, null])
  expect(unknown).toEqual([
    'demo-broker-2: node node-2 has no label topology.kubernetes.io/zone',
    'demo-broker-3: node node-3 may not be read: readNodes in the values of the chart',
  ])
})

test('without racks every broker stands in none', async () => {
  const { racks } = await newRacks()
  await racks.learn([observedPod(1)], undefined)
  expect(racks.rackOf(1)).toBeNull()
})
