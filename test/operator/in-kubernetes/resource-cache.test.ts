import { expect, test } from 'vitest'
import { type CacheEvent, ResourceCache } from '../../../operator/in-kubernetes/resource-cache.ts'
import type { KubeObject } from '../../../operator/kube/api/requests/kube-object.ts'

const object = (name: string, version = '1', uid = `uid-of-${name}`, namespace = 'shop') => ({
  metadata: { name, namespace, uid, resourceVersion: version },
})
const watch = {}

function newCache(isNews?: (before: KubeObject, after: KubeObject) => boolean) {
  const heard: string[] = []
  const hear = ({ type, object: own }: CacheEvent<KubeObject>) => {
    heard.push(`${type} ${own.metadata.name}/${own.metadata.uid.slice('uid-of-'.length)}`)
  }
  const cache = new ResourceCache<KubeObject>(hear, isNews)
  const take = (
    delivery: Parameters<typeof cache.take>[2],
    of: object = watch,
    namespace?: string,
  ) => cache.take(of, namespace, delivery)
  return { cache, heard, take }
}

test('what is listed, changes and is deleted is told, each once', () => {
  const { cache, heard, take } = newCache()
  take({ type: 'listed', objects: [object('a'), object('b')] })
  take({ type: 'applied', object: object('a') }) // the same again
  take({ type: 'applied', object: object('a', '2') })
  take({ type: 'deleted', object: object('b', '3') })
  expect(heard).toEqual(['applied a/a', 'applied b/b', 'applied a/a', 'deleted b/b'])
  expect(cache.get('shop/b')).toBeUndefined()
})

test('what is missing in a later list was not seen to be deleted', () => {
  const { heard, take } = newCache()
  take({ type: 'listed', objects: [object('a'), object('b')] })
  take({ type: 'listed', objects: [object('b')] })
  expect(heard.slice(2)).toEqual(['missing a/a'])
})

test('one that has another uid now was not seen to be deleted either', () => {
  const { heard, take } = newCache()
  take({ type: 'listed', objects: [object('a')] })
  take({ type: 'listed', objects: [object('a', '5', 'uid-of-another')] })
  expect(heard.slice(1)).toEqual(['missing a/a', 'applied a/another'])
})

test('a list of one namespace says nothing of the others', () => {
  const { cache, heard, take } = newCache()
  const [shop, office] = [{}, {}]
  take({ type: 'listed', objects: [object('a')] }, shop, 'shop')
  take({ type: 'listed', objects: [object('b', '1', 'uid-of-b', 'office')] }, office, 'office')
  take({ type: 'listed', objects: [object('a')] }, shop, 'shop')
  expect(heard).toEqual(['applied a/a', 'applied b/b'])
  expect(cache.listed).toBe(2)
})

test('what is no news is known, and not told', () => {
  const { cache, heard, take } = newCache(() => false)
  take({ type: 'listed', objects: [object('a')] })
  take({ type: 'applied', object: object('a', '2') })
  expect(heard).toEqual(['applied a/a'])
  expect(cache.get('shop/a')?.metadata.resourceVersion).toBe('2')
})
