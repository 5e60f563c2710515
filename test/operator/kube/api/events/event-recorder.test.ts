import { expect, test } from 'vitest'
import { silentLogger } from '../../../../../lib/logger.ts'
import type { Happening } from '../../../../../operator/kube/api/events/event-object.ts'
import { EventRecorder } from '../../../../../operator/kube/api/events/event-recorder.ts'
import { FakeKubeApi } from '../../../../support/fake-kube-api.ts'
import { openKubeApi } from '../../../../support/kube-parts.ts'
import { ManualClock } from '../../../../support/manual-clock.ts'

const metadata = { name: 'demo', namespace: 'default', uid: 'u', resourceVersion: '7' }
const happening: Happening = {
  regarding: { apiVersion: 'kavka.dev/v1alpha1', kind: 'KafkaCluster', metadata },
  type: 'Warning',
  reason: 'InsufficientBrokers',
  action: 'PlaceReplicas',
  note: '2 brokers, 3 replicas',
}

test('what happens again is written once a minute at most, as a count', async () => {
  await using fake = await FakeKubeApi.start()
  const clock = new ManualClock()
  await using api = openKubeApi(fake.access)
  const recorder = recorderOn(api, clock)
  for (let second = 0; second < 90; second++) {
    recorder.record(happening)
    await recorder.settled()
    await clock.advance(1_000)
  }
  expect(fake.count('post')).toBe(1)
  expect(fake.count('patch')).toBe(1)
  expect(JSON.parse(fake.requests[1]?.body ?? '')).toMatchObject({ series: { count: 61 } })
})

test('another note is another Event', async () => {
  await using fake = await FakeKubeApi.start()
  await using api = openKubeApi(fake.access)
  const recorder = recorderOn(api, new ManualClock())
  recorder.record(happening)
  recorder.record({ ...happening, note: '1 broker, 3 replicas' })
  recorder.record(happening)
  await recorder.settled()
  expect(fake.count('post')).toBe(2)
})

test('one that could not be told is told the next time it happens', async () => {
  await using fake = await FakeKubeApi.start()
  await using api = openKubeApi(fake.access)
  const recorder = recorderOn(api, new ManualClock())
  fake.intercept = () => ({ status: 503, body: {} })
  recorder.record(happening)
  await recorder.settled()
  fake.intercept = () => undefined
  recorder.record(happening)
  await recorder.settled()
  expect(fake.count('post')).toBe(2)
})

test('with an API server that does not answer they do not pile up', async () => {
  await using fake = await FakeKubeApi.start()
  const clock = new ManualClock()
  await using api = openKubeApi(fake.access, clock)
  fake.intercept = () => 'hang'
  const lost: string[] = []
  const logger = { ...silentLogger, warn: (message: string) => void lost.push(message) }
  const recorder = new EventRecorder({ client: api.status, instance: 'operator-0', clock, logger })
  for (let count = 0; count < 100; count++) recorder.record({ ...happening, note: `${count}` })
  expect(lost).toEqual(Array(36).fill('an event was lost'))
  await clock.advance(5_000)
  await recorder.settled()
  expect(lost).toHaveLength(100)
})

function recorderOn(api: ReturnType<typeof openKubeApi>, clock: ManualClock): EventRecorder {
  return new EventRecorder({
    client: api.status,
    instance: 'operator-0',
    clock,
    logger: silentLogger,
  })
}
