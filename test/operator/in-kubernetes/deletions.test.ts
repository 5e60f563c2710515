import { expect, test } from 'vitest'
import { readResource } from '../../../operator/api/schema/resource.ts'
import { Topic } from '../../../operator/api/topic/topic.ts'
import { Deletions } from '../../../operator/in-kubernetes/deletions.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const topicOf = (name: string) =>
  readResource(Topic, {
    apiVersion: 'kavka.dev/v1alpha1',
    kind: 'Topic',
    metadata: { name, namespace: 'shop', uid: `uid-of-${name}` },
    spec: { clusterRef: { name: 'demo' } },
  })

function newDeletions() {
  const clock = new ManualClock()
  const settled: string[] = []
  const deletions = new Deletions(clock, (cluster, topics) => {
    settled.push(`${cluster}: ${topics.map(({ metadata }) => metadata.name).join(' ')}`)
  })
  return { clock, settled, deletions }
}

test('topics that go one after another go together, when no more come', async () => {
  const { clock, settled, deletions } = newDeletions()
  for (let index = 0; index < 5; index++) {
    deletions.add('shop/demo', topicOf(`t${index}`))
    await clock.advance(1_900)
  }
  expect(settled).toEqual([])
  await clock.advance(100)
  expect(settled).toEqual(['shop/demo: t0 t1 t2 t3 t4'])
  expect(clock.pending, 'nothing is left to do').toBe(0)
})

test('clusters do not wait for each other', async () => {
  const { clock, settled, deletions } = newDeletions()
  deletions.add('shop/demo', topicOf('a'))
  await clock.advance(1_000)
  deletions.add('shop/other', topicOf('b'))
  await clock.advance(1_000)
  expect(settled).toEqual(['shop/demo: a'])
})

test('an operator that gives up its place deletes nothing any more', async () => {
  const { clock, settled, deletions } = newDeletions()
  deletions.add('shop/demo', topicOf('a'))
  deletions.close()
  await clock.advance(10_000)
  expect(settled).toEqual([])
})
