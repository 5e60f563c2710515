import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { KafkaCluster } from '../../operator/api/kafka-cluster/kafka-cluster.ts'
import { planResources } from '../../operator/kafka-cluster/plan-resources.ts'
import type { KubeObject } from '../../operator/kafka-cluster/resources/kube-object.ts'
import { clusterSecret } from '../../operator/kafka-cluster/resources/secret.ts'
import { context, kafkaCluster } from '../operator/kafka-cluster/support.ts'
import { KubeApiServer, whyNoKube } from '../support/kube-api-server.ts'
import { pathOfObject } from '../support/kube-path.ts'

const noKube = whyNoKube()
const timeout = 60_000

/** One that says all that a cluster may say. */
const full = kafkaCluster({
  brokers: {
    rack: {},
    resources: { requests: { cpu: '500m', memory: 536_870_912 }, limits: { memory: '1Gi' } },
    storage: { size: '20Gi', storageClassName: 'fast', retention: { whenDeleted: 'Delete' } },
    template: {
      pod: {
        labels: { team: 'a' },
        annotations: { note: 'b' },
        nodeSelector: { disk: 'ssd' },
        tolerations: [{ key: 'kafka', operator: 'Exists', effect: 'NoSchedule' }],
      },
      service: { labels: { team: 'a' }, annotations: { note: 'b' } },
    },
  },
})
const ephemeral = kafkaCluster({ brokers: { storage: { type: 'Ephemeral' } } })

describe.skipIf(noKube !== undefined)(noKube ?? 'an API server', { timeout }, () => {
  let kube: KubeApiServer
  beforeAll(async () => {
    kube = await KubeApiServer.start()
    const restricted = { 'pod-security.kubernetes.io/enforce': 'restricted' }
    const namespace = {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'shop', labels: restricted },
    }
    await kube.request('POST', '/api/v1/namespaces', { body: namespace })
  }, timeout)
  afterAll(() => kube?.[Symbol.asyncDispose]())

  async function apply(object: KubeObject) {
    const query = 'fieldManager=kavka&force=true&fieldValidation=Strict'
    const { body } = await kube.request('PATCH', `${pathOfObject(object)}?${query}`, {
      body: object,
      contentType: 'application/apply-patch+yaml',
    })
    expect(body['message'], object.kind).toBeUndefined()
    return body as { metadata: { resourceVersion: string } }
  }

  test.each([
    ['that says nothing', kafkaCluster()],
    ['that says everything', full],
    ['without volumes', ephemeral],
  ])(
    'takes all objects of a cluster %s, and the same again changes nothing',
    async (_, cluster) => {
      const observed = {
        image: undefined,
        statefulSet: undefined,
        pods: [],
        volumes: [],
        optionsNames: [],
        serviceNames: [],
      }
      const { apply: objects } = planResources(cluster, observed, context)
      for (const object of objects) {
        const first = await apply(object)
        const again = await apply(object)
        expect(again.metadata.resourceVersion, object.kind).toBe(first.metadata.resourceVersion)
      }
      for (const object of objects) await kube.request('DELETE', pathOfObject(object))
    },
  )

  test('lets brokers be pods where only restricted pods may be', async () => {
    const objects = objectsOf(full)
    const set = objects.find(({ kind }) => kind === 'StatefulSet') as unknown as {
      spec: { template: { metadata: object; spec: { volumes: object[] } } }
    }
    const { metadata, spec } = set.spec.template
    const create = async (more: object) => {
      const volumes = [...spec.volumes, { name: 'data', emptyDir: {} }]
      const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', ...metadata } }
      const body = { ...pod, spec: { ...spec, volumes, ...more } }
      const path = '/api/v1/namespaces/shop/pods?fieldValidation=Strict&dryRun=All'
      return (await kube.request('POST', path, { body })).body['message']
    }
    expect(await create({})).toBeUndefined()
    expect(await create({ securityContext: {} })).toContain('violates PodSecurity')
  })

  test('keeps a secret as it was made first', async () => {
    const path = '/api/v1/namespaces/shop/secrets'
    const make = (secret: string) =>
      kube.request('POST', path, { body: clusterSecret(full, secret) })
    expect((await make('first')).status).toBe(201)
    expect((await make('second')).status).toBe(409)
    const { body } = await kube.request('GET', `${path}/demo-secret`)
    expect(body['data']).toEqual({ secret: Buffer.from('first').toString('base64') })
  })
})

/** Of a cluster that is new. */
function objectsOf(cluster: KafkaCluster): readonly KubeObject[] {
  const nothing = { pods: [], volumes: [], optionsNames: [], serviceNames: [] }
  const observed = { ...nothing, image: undefined, statefulSet: undefined }
  return planResources(cluster, observed, context).apply
}
