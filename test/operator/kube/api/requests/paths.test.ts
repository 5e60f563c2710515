import { expect, test } from 'vitest'
import { collectionPath, objectPath } from '../../../../../operator/kube/api/requests/paths.ts'

const pods = { apiVersion: 'v1', kind: 'Pod', plural: 'pods' }
const sets = { apiVersion: 'apps/v1', kind: 'StatefulSet', plural: 'statefulsets' }

test('the core group has a root of its own', () => {
  expect(collectionPath(pods, 'default')).toBe('/api/v1/namespaces/default/pods')
  expect(collectionPath(sets, undefined)).toBe('/apis/apps/v1/statefulsets')
})

test('an object stands below its collection, and a subresource below it', () => {
  const place = { namespace: 'default', name: 'demo', subresource: 'status' }
  expect(objectPath(sets, place, { fieldManager: 'kavka' })).toBe(
    '/apis/apps/v1/namespaces/default/statefulsets/demo/status?fieldManager=kavka',
  )
})

test('what is undefined is left out, and no text breaks out of its place', () => {
  expect(collectionPath(pods, 'a/b', { limit: undefined, labelSelector: 'a=b&c' })).toBe(
    '/api/v1/namespaces/a%2Fb/pods?labelSelector=a%3Db%26c',
  )
  expect(objectPath(pods, { name: '../secrets' })).toBe('/api/v1/pods/..%2Fsecrets')
})
