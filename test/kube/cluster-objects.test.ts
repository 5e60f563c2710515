import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { emptyImage } from '../../broker/metadata/image.ts'
import { ClusterObjects } from '../../operator/in-kubernetes/cluster-objects.ts'
import { keyOf } from '../../operator/in-kubernetes/kinds.ts'
import { WatchedObjects } from '../../operator/in-kubernetes/watched-objects.ts'
import { planResources } from '../../operator/kafka-cluster/plan-resources.ts'
import type { KubeObject } from '../../operator/kafka-cluster/resources/kube-object.ts'
import type { KubeApi } from '../../operator/kube/api/kube-api.ts'
import { context, kafkaCluster } from '../operator/kafka-cluster/support.ts'
import { startWithCrds } from '../support/crds.ts'
import { KubeApiServer, whyNoKube } from '../support/kube-api-server.ts'
import { openKubeApi } from '../support/kube-parts.ts'
import { pathOfObject } from '../support/kube-path.ts'

const noKube = whyNoKube()
const timeout = 90_000
const secret = '/api/v1/namespaces/shop/secrets/demo-secret'

describe.skipIf(noKube !== undefined)(noKube ?? 'objects of a cluster', { timeout }, () => {
  let kube: KubeApiServer
  let api: KubeApi & AsyncDisposable
  let watched: WatchedObjects
  let objects: ClusterObjects
  beforeAll(async () => {
    kube = await startWithCrds(() => KubeApiServer.start())
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }
    await kube.request('POST', '/api/v1/namespaces', { body: namespace })
    api = openKubeApi(kube.access)
    watched = new WatchedObjects(api, ['shop'])
    watched.run().catch(() => {})
    await watched.completed
    objects = new ClusterObjects(api.objects, watched, () => true)
  }, timeout)
  afterAll(async () => {
    watched?.stop()
    await api?.[Symbol.asyncDispose]()
    await kube?.[Symbol.asyncDispose]()
  })

  const cluster = kafkaCluster({ brokers: { replicas: 1 } })

  /** @returns The objects that there are to be, all heard of as they are. */
  async function bringAbout(): Promise<readonly KubeObject[]> {
    const plan = planResources(cluster, objects.observe(cluster, emptyImage), context)
    await objects.carryOut(plan, () => {})
    for (const object of plan.apply) await heardAsItIs(object)
    return plan.apply
  }

  async function versionOf(object: KubeObject): Promise<string | undefined> {
    const { body } = await kube.request('GET', pathOfObject(object))
    return (body['metadata'] as { resourceVersion?: string }).resourceVersion
  }

  async function heardAsItIs(object: KubeObject): Promise<void> {
    const version = await versionOf(object)
    await vi.waitFor(() => {
      const heard = watched.part(object.kind, keyOf(object))
      expect(heard?.metadata.resourceVersion).toBe(version)
    }, 10_000)
  }

  test('are made again where somebody deleted them', async () => {
    for (const object of await bringAbout()) {
      expect((await kube.request('DELETE', pathOfObject(object))).status, object.kind).toBe(200)
      await heardAsItIs(object)
    }
    for (const object of await bringAbout()) {
      expect(await versionOf(object), object.kind).toBeDefined()
    }
  })

  test.each([
    ['StatefulSet', { spec: { replicas: 0 } }, { spec: { replicas: 1 } }],
    ['NetworkPolicy', { spec: { policyTypes: [] } }, { spec: { policyTypes: ['Ingress'] } }],
    [
      'Service',
      { spec: { publishNotReadyAddresses: false } },
      { spec: { publishNotReadyAddresses: true } },
    ],
    ['PodDisruptionBudget', { spec: { maxUnavailable: 9 } }, { spec: { maxUnavailable: 1 } }],
    [
      'ServiceAccount',
      { automountServiceAccountToken: true },
      { automountServiceAccountToken: false },
    ],
  ])('are put back where somebody wrote a %s, and left alone otherwise', async (kind, by, own) => {
    const all = await bringAbout()
    const object = all.find((one) => one.kind === kind) as KubeObject
    const contentType = 'application/merge-patch+json'
    const written = await kube.request('PATCH', pathOfObject(object), { body: by, contentType })
    expect(written.status).toBe(200)
    await heardAsItIs(object)
    await bringAbout()
    expect((await kube.request('GET', pathOfObject(object))).body).toMatchObject(own)
    const versions = await Promise.all(all.map(versionOf))
    await bringAbout()
    expect(await Promise.all(all.map(versionOf))).toEqual(versions)
  })

  test('a secret that goes with a former cluster is not relied on', async () => {
    const former = { ...cluster, metadata: { ...cluster.metadata, uid: 'uid-of-former' } }
    await objects.secret(former, () => 'a'.repeat(64))
    const next = objects.secret(cluster, () => 'b'.repeat(64))
    await expect(next).rejects.toMatchObject({ reason: 'WaitingForDeletion' })
    await kube.request('DELETE', secret)
    const made = await objects.secret(cluster, () => 'b'.repeat(64))
    expect(Buffer.from(made).toString()).toBe('b'.repeat(64))
  })
})
