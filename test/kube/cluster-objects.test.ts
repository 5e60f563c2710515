import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { emptyImage } from '../../broker/metadata/image.ts'
import { ClusterObjects } from '../../operator/in-kubernetes/cluster-objects.ts'
import type { StatefulSet } from '../../operator/in-kubernetes/kinds.ts'
import { planResources } from '../../operator/kafka-cluster/plan-resources.ts'
import type { KubeApi } from '../../operator/kube/api/kube-api.ts'
import { context, kafkaCluster } from '../operator/kafka-cluster/support.ts'
import { startWithCrds } from '../support/crds.ts'
import { KubeApiServer, whyNoKube } from '../support/kube-api-server.ts'
import { openKubeApi } from '../support/kube-parts.ts'

const noKube = whyNoKube()
const timeout = 90_000
const set = '/apis/apps/v1/namespaces/shop/statefulsets/demo-broker'
const configMaps = '/api/v1/namespaces/shop/configmaps'
const secret = '/api/v1/namespaces/shop/secrets/demo-secret'

describe.skipIf(noKube !== undefined)(noKube ?? 'objects of a cluster', { timeout }, () => {
  let kube: KubeApiServer
  let api: KubeApi & AsyncDisposable
  beforeAll(async () => {
    kube = await startWithCrds(() => KubeApiServer.start())
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }
    await kube.request('POST', '/api/v1/namespaces', { body: namespace })
    api = openKubeApi(kube.access)
  }, timeout)
  afterAll(async () => {
    await api?.[Symbol.asyncDispose]()
    await kube?.[Symbol.asyncDispose]()
  })

  const cluster = kafkaCluster({ brokers: { replicas: 1 } })

  /** Of an operator that stays for as long as a test, and hears of its StatefulSet. */
  function newObjects() {
    let heard: StatefulSet | undefined
    const objects = new ClusterObjects(
      api.objects,
      { statefulSet: () => heard, pods: () => [] },
      () => true,
    )
    const bringAbout = async () => {
      const { status, body } = await kube.request('GET', set)
      heard = status === 200 ? (body as unknown as StatefulSet) : undefined
      const observed = await objects.observe(cluster, emptyImage)
      const newSecret = () => 'nobody needs it'
      const plan = planResources(cluster, observed, { ...context, newSecret })
      await objects.carryOut(plan, () => {})
    }
    return { objects, bringAbout }
  }

  test('are made again where somebody deleted them', async () => {
    const { bringAbout } = newObjects()
    await bringAbout()
    const listed = await kube.request('GET', configMaps)
    const items = listed.body['items'] as { metadata: { name: string } }[]
    const options = items.find(({ metadata }) => metadata.name.startsWith('demo-'))
    const path = `${configMaps}/${options?.metadata.name}`
    for (const one of [set, path]) expect(await kube.request('DELETE', one)).toMatchObject(fine)
    await bringAbout()
    for (const one of [set, path]) expect(await kube.request('GET', one)).toMatchObject(fine)
  })

  test('are put back where somebody wrote them, and left alone otherwise', async () => {
    const { bringAbout } = newObjects()
    await bringAbout()
    const contentType = 'application/merge-patch+json'
    await kube.request('PATCH', set, { body: { spec: { replicas: 0 } }, contentType })
    await bringAbout()
    const { body } = await kube.request('GET', set)
    expect(body).toMatchObject({ spec: { replicas: 1 } })
    await bringAbout()
    const { metadata } = (await kube.request('GET', set)).body as { metadata: object }
    expect(metadata).toEqual(body['metadata'])
  })

  test('a secret that goes with a former cluster is not relied on', async () => {
    const former = { ...cluster, metadata: { ...cluster.metadata, uid: 'uid-of-former' } }
    const { objects } = newObjects()
    await objects.secret(former, () => 'a'.repeat(64))
    const next = objects.secret(cluster, () => 'b'.repeat(64))
    await expect(next).rejects.toMatchObject({ reason: 'WaitingForDeletion' })
    await kube.request('DELETE', secret)
    const made = await objects.secret(cluster, () => 'b'.repeat(64))
    expect(Buffer.from(made).toString()).toBe('b'.repeat(64))
  })
})

const fine = { status: 200 }
