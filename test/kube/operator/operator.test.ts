import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startWithCrds } from '../../support/crds.ts'
import { KubeApiServer, whyNoKube } from '../../support/kube-api-server.ts'
import { StandInService } from '../../support/stand-in-service.ts'
import { Stage } from './support.ts'

const noKube = whyNoKube()
const timeout = 90_000
const soon = { timeout: 40_000, interval: 50 }
const ready = expect.objectContaining({ status: 'True', reason: 'Ready' })

describe.skipIf(noKube !== undefined)(
  noKube ?? 'the operator',
  { timeout, concurrent: true },
  () => {
    let kube: KubeApiServer
    beforeAll(async () => {
      kube = await startWithCrds(() => KubeApiServer.start())
    }, timeout)
    afterAll(() => kube?.[Symbol.asyncDispose]())

    test('makes brokers and topics of resources, and resources of topics', async () => {
      await using stage = await Stage.open(kube, 'first')
      stage.startOperator()
      await stage.applyCluster(2)
      await stage.applyTopic('orders', { partitions: 4, config: { 'retention.ms': '1000' } })
      await until(() => stage.ready('KafkaCluster', 'demo'), ready)
      await until(() => stage.ready('Topic', 'orders'), ready)
      const led = (by: number) => expect.stringMatching(new RegExp(`^${by}:`))
      expect(await stage.get('Topic', 'orders')).toMatchObject({
        status: { partitions: expect.arrayContaining([led(0), led(1)]) },
      })

      expect(await stage.createTopic('by-client')).toBe(0)
      await until(() => stage.ready('Topic', 'by-client'), ready)
      expect(await stage.get('Topic', 'by-client')).toMatchObject({
        metadata: { labels: { 'kavka.dev/origin': 'kafka' } },
        spec: { partitions: 2, replicationFactor: 1 },
      })

      await stage.applyCluster(3)
      const brokers = async () => (await stage.get('KafkaCluster', 'demo'))?.['status']
      await until(
        brokers,
        expect.objectContaining({ brokers: expect.objectContaining({ ready: 3 }) }),
      )
    })

    test('deletes what is seen to be deleted, and nothing else', async () => {
      await using stage = await Stage.open(kube, 'going')
      const operator = stage.startOperator()
      await stage.applyCluster(1)
      await stage.applyTopic('kept', { deletionPolicy: 'Retain' })
      const many = Array.from({ length: 12 }, (_, index) => `many-${index}`)
      for (const name of ['gone', 'away', ...many]) await stage.applyTopic(name)
      await until(() => stage.ready('Topic', 'away'), ready)
      await until(() => stage.topics(), expect.arrayContaining(['gone', 'kept', ...many]))
      await stage.createTopic('by-client')
      await until(() => stage.ready('Topic', 'by-client'), ready)

      for (const name of ['gone', 'kept', 'by-client']) await stage.delete('Topic', name)
      await until(() => stage.topics(), expect.not.arrayContaining(['gone']))
      await until(() => stage.topics(), expect.not.arrayContaining(['by-client']))
      for (const name of many) await stage.delete('Topic', name)
      await until(async () => operator.said.includes('"reason":"MassDeletion"'), true)

      operator.signal('SIGKILL')
      await stage.delete('Topic', 'away')
      stage.startOperator()
      await stage.applyTopic('later')
      await until(() => stage.ready('Topic', 'later'), ready)
      await until(() => stage.topics(), ['away', 'kept', 'later', ...many].toSorted())
    })

    test('says what is wrong with a resource, and disturbs nothing else', async () => {
      await using stage = await Stage.open(kube, 'wrong')
      stage.startOperator()
      await stage.applyTopic('early')
      await until(
        () => stage.ready('Topic', 'early'),
        expect.objectContaining({ status: 'False', reason: 'ClusterNotFound' }),
      )
      await stage.applyCluster(1)
      await stage.applyTopic('too-many', { replicationFactor: 3 })
      await stage.apply('Topic', 'second', { clusterRef: { name: 'demo' }, topicName: 'early' })
      await until(() => stage.ready('Topic', 'early'), ready)
      await until(
        () => stage.ready('Topic', 'too-many'),
        expect.objectContaining({
          status: 'False',
          reason: 'InsufficientBrokers',
          message: expect.stringMatching(/^spec\.replicationFactor: must be at most .* found 3$/),
        }),
      )
      await until(
        () => stage.ready('Topic', 'second'),
        expect.objectContaining({ status: 'False', reason: 'Conflict' }),
      )
      await stage.applyCluster(1, { config: { 'default.replication.factor': '3' } })
      await until(
        () => stage.ready('KafkaCluster', 'demo'),
        expect.objectContaining({ status: 'False', reason: 'InsufficientBrokers' }),
      )
      expect(await stage.createTopic('still-served')).toBe(0)
    })

    test('begins no metadata log in place of one that is gone', async () => {
      await using stage = await Stage.open(kube, 'lost')
      stage.startOperator()
      await stage.applyCluster(1)
      await stage.applyTopic('orders')
      await until(() => stage.ready('Topic', 'orders'), ready)

      await kube.request('DELETE', headOf('lost'))
      await stage.applyTopic('later') // whoever appends finds out
      await until(
        () => stage.ready('KafkaCluster', 'demo'),
        expect.objectContaining({
          status: 'False',
          message: expect.stringMatching(/demo-log, the metadata log of .* is gone: see kavka/),
        }),
      )
      expect(await kube.request('GET', headOf('lost'))).toMatchObject({ status: 404 })
      expect(await stage.topics()).toEqual(['orders'])
    })

    test('is followed by a standby that acts on what is there, and never twice', async () => {
      await using stage = await Stage.open(kube, 'followed')
      const first = stage.startOperator()
      await stage.applyCluster(1)
      await stage.applyTopic('one')
      await until(() => stage.ready('Topic', 'one'), ready)
      const second = stage.startOperator()
      await until(async () => second.said.includes('"message":"runs"'), true)
      expect(second.said).not.toContain('"to":"holder"')

      first.signal('SIGKILL')
      await until(async () => second.said.includes('"to":"holder"'), true)
      await stage.applyTopic('two')
      await until(() => stage.ready('Topic', 'two'), ready)
      stage.startOperator()
      second.signal('SIGTERM') // it lets go of the Lease
      await stage.applyTopic('three')
      await until(() => stage.ready('Topic', 'three'), ready)
      await until(() => stage.topics(), ['one', 'three', 'two'])
      const log = await kube.request('GET', headOf('followed'))
      expect(log.body).toMatchObject({ spec: { writer: { epoch: 3 } } })
    })

    test('that stood still and wakes up takes nothing away that was made meanwhile', async () => {
      await using stage = await Stage.open(kube, 'woken')
      await using service = await StandInService.open(stage.controllerPort, '127.0.0.2')
      const first = stage.startOperator('127.0.0.2')
      await stage.applyCluster(1)
      await until(() => stage.ready('KafkaCluster', 'demo'), ready)
      const second = stage.startOperator('127.0.0.3')
      await until(async () => second.said.includes('"message":"runs"'), true)

      first.signal('SIGSTOP')
      await stage.applyTopic('by-a-person') // before the takeover: what it hears of first, later
      await until(async () => second.said.includes('"to":"holder"'), true)
      service.leadTo('127.0.0.3')
      await until(() => stage.createTopic('meanwhile').catch(() => -1), 0)
      await until(() => stage.ready('Topic', 'meanwhile'), ready)
      await until(() => stage.ready('Topic', 'by-a-person'), ready)
      first.signal('SIGCONT')
      await until(async () => first.said.includes('"to":"standby"'), true)

      // Deletions that are seen within two seconds are carried out together.
      await stage.delete('Topic', 'by-a-person')
      await until(async () => (await stage.topics()).includes('by-a-person'), false)
      expect(await stage.topics()).toEqual(['meanwhile'])
      expect(await stage.ready('Topic', 'meanwhile')).toEqual(ready)
    })
  },
)

function headOf(namespace: string): string {
  return `/apis/kavka.dev/v1alpha1/namespaces/${namespace}/clustermetadatas/demo-log`
}

/** Looks until it is so; in between brokers come and go. */
async function until(look: () => Promise<unknown>, wanted: unknown): Promise<void> {
  await vi.waitFor(async () => expect(await look()).toEqual(wanted), soon)
}
