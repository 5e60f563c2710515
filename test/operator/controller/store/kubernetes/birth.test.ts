import { expect, test } from 'vitest'
import { firstHead } from '../../../../../operator/controller/store/kubernetes/birth.ts'
import { specOf } from '../../../../../operator/controller/store/kubernetes/head.ts'
import { newObject } from '../../../../../operator/controller/store/kubernetes/new-object.ts'
import { ClusterMetadataApi } from '../../../../support/cluster-metadata-api.ts'
import { Bench, owner } from './support.ts'

test('a log that is known to have been there, and is not, is not begun anew', async () => {
  const { store, api } = new Bench({ isKnown: true })
  await expect(store.open()).rejects.toThrow(
    'demo-log, the metadata log of kafka-of-tests, is gone: see kavka recover',
  )
  expect(api.objects.size).toBe(0)
})

test('nor is one that was read before', async () => {
  const bench = new Bench()
  await bench.takeOver()
  bench.api.delete('demo-log')
  await expect(bench.store.open()).rejects.toThrow(/is gone: see kavka recover$/)
  expect(bench.api.objects.size).toBe(0)
})

test('the log of a former cluster of the same name is not touched', async () => {
  const former = new Bench({ clusterId: 'former' })
  await former.takeOver()
  const before = former.api.get('demo-log').object
  const { store, api } = new Bench({ api: former.api })
  await expect(store.open()).rejects.toThrow(
    'ClusterMetadata demo-log holds the metadata of cluster former, expected kafka-of-tests',
  )
  expect(api.get('demo-log').object).toEqual(before)
})

test('a head without a record is nobody’s log', async () => {
  const api = new ClusterMetadataApi()
  const head = firstHead({ clusterId: 'kafka-of-tests', storeId: '00' })
  const incarnationId = 'A'.repeat(22)
  const empty = { ...head, endOffset: 0, batches: [], writer: { epoch: 0, incarnationId } }
  api.create(newObject('demo-log', { cluster: 'demo', owner }, specOf(empty)))
  const { store } = new Bench({ api })
  await expect(store.open()).rejects.toThrow(
    'demo-log does not say whose log it is: see kavka recover',
  )
})

test('of two that begin it at once both read the same log', async () => {
  const one = new Bench()
  const other = new Bench({ api: one.api })
  one.fates.set('create', [() => other.store.open()])
  const opened = await one.store.open()
  expect(await other.store.open()).toEqual(opened)
})
