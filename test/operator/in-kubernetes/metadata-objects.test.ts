import { expect, test } from 'vitest'
import { metadataObjects } from '../../../operator/in-kubernetes/metadata-objects.ts'
import { FakeKubeApi } from '../../support/fake-kube-api.ts'
import { openKubeApi } from '../../support/kube-parts.ts'

test('nothing is deleted over a connection that is made for it: an older etcd may be behind it', async () => {
  await using fake = await FakeKubeApi.start()
  await using api = openKubeApi(fake.access)
  const objects = metadataObjects(api.log, 'default')
  const old = fake.put('/apis/kavka.dev/v1alpha1/namespaces/default/clustermetadatas/old', {})
  const { interruptions } = objects
  await objects.delete('old', old.metadata.uid)
  expect(fake.count('delete')).toBe(0)
  expect(objects.interruptions, 'whoever deletes more sees it').toBeGreaterThan(interruptions)

  expect(await objects.get('old')).toMatchObject({ type: 'found' })
  await objects.delete('old', old.metadata.uid)
  expect(await objects.get('old')).toEqual({ type: 'missing' })
})
