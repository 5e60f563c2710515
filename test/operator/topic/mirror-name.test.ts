import { expect, test } from 'vitest'
import { checkResource } from '../../../operator/api/schema/resource.ts'
import { Topic } from '../../../operator/api/topic/topic.ts'
import { mirrorNames } from '../../../operator/topic/mirror-name.ts'

test.each([
  ['orders', 'orders'],
  ['orders.v1', 'orders.v1'],
  ['Orders', /^orders-[0-9a-f]{10}$/],
  ['orders_v1', /^orders-v1-[0-9a-f]{10}$/],
  ['__strange..name__', /^strange-name-[0-9a-f]{10}$/],
  ['___', /^[0-9a-f]{10}$/],
  ['x'.repeat(249), 'x'.repeat(249)],
  ['X'.repeat(249), /^x{200}-[0-9a-f]{10}$/],
])('topic %s is shown as %s', (topicName, name) => {
  expect(mirrorNames(topicName, 'demo')[0]).toMatch(
    name instanceof RegExp ? name : new RegExp(`^${name}$`),
  )
})

test('no two topics are shown under one name', () => {
  const names = ['a_b', 'a-B', 'A_b', 'a-b', 'A-B', 'a.b', 'a.B']
  expect(new Set(names.map((name) => mirrorNames(name, 'demo')[0])).size).toBe(names.length)
})

test.each(['orders', 'Orders', '___', 'x'.repeat(249), `${'x'.repeat(199)}.a`])(
  'topic %s has another name where that one is taken, in each cluster its own',
  (topicName) => {
    const [first, second = ''] = mirrorNames(topicName, 'demo')
    expect(second).not.toBe(first)
    expect(second).not.toBe(mirrorNames(topicName, 'other')[1])
    const resource = {
      apiVersion: Topic.apiVersion,
      kind: 'Topic',
      metadata: { name: second, namespace: 'shop' },
      spec: { clusterRef: { name: 'demo' }, topicName },
    }
    expect(checkResource(Topic, resource)).toEqual([])
  },
)
