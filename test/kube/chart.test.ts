import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { planResources } from '../../operator/kafka-cluster/plan-resources.ts'
import type { KubeObject } from '../../operator/kafka-cluster/resources/kube-object.ts'
import { clusterSecret } from '../../operator/kafka-cluster/resources/secret.ts'
import { context, kafkaCluster } from '../operator/kafka-cluster/support.ts'
import { rendered, whyNoHelm } from '../support/helm.ts'
import { KubeApiServer, whyNoKube } from '../support/kube-api-server.ts'
import { pathOfObject } from '../support/kube-path.ts'

const whyNot = whyNoKube() ?? whyNoHelm()
const timeout = 60_000
const operator = 'kavka:kavka-operator'

describe.skipIf(whyNot !== undefined)(whyNot ?? 'an API server', { timeout }, () => {
  let kube: KubeApiServer
  beforeAll(async () => {
    kube = await KubeApiServer.start()
    for (const name of ['kavka', 'shop', 'other']) {
      const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }
      await kube.request('POST', '/api/v1/namespaces', { body })
    }
    // Only now there are KafkaClusters, and namespaces for whoever has rights in them.
    for (const object of objectsOf('watchNamespaces={shop}')) {
      expect((await apply(object))['message'], object.kind).toBeUndefined()
    }
  }, timeout)
  afterAll(() => kube?.[Symbol.asyncDispose]())

  async function apply(object: KubeObject, as?: string): Promise<Record<string, unknown>> {
    const query = 'fieldManager=test&force=true&fieldValidation=Strict'
    const { body } = await kube.request('PATCH', `${pathOfObject(object)}?${query}`, {
      body: object,
      contentType: 'application/apply-patch+yaml',
      ...(as === undefined ? {} : { as }),
    })
    return body
  }

  const statusOf = async (method: string, path: string, body?: object) => {
    const given = body === undefined ? {} : { body: { ...body } }
    return (await kube.request(method, path, { ...given, as: operator })).status
  }

  test('lets the operator make all objects of a cluster, and delete a pod', async () => {
    const cluster = kafkaCluster()
    const nothing = { pods: [], volumes: [], optionsNames: [], serviceNames: [] }
    const observed = { ...nothing, image: undefined, statefulSet: undefined }
    const plan = planResources(cluster, observed, context)
    for (const object of plan.apply) {
      expect((await apply(object, operator))['message'], object.kind).toBeUndefined()
    }
    const secrets = '/api/v1/namespaces/shop/secrets'
    expect(await statusOf('POST', secrets, clusterSecret(cluster, 's'))).toBe(201)
    expect(await statusOf('GET', `${secrets}/demo-secret`)).toBe(200)
    expect(await statusOf('DELETE', '/api/v1/namespaces/shop/pods/none')).toBe(404)
  })

  test.each([
    ['look for secrets', 'GET', '/api/v1/namespaces/shop/secrets'],
    ['look at nodes', 'GET', '/api/v1/nodes'],
    [
      'change what its owner wants',
      'DELETE',
      '/apis/kavka.dev/v1alpha1/namespaces/shop/kafkaclusters/demo',
    ],
    ['give rights', 'GET', '/apis/rbac.authorization.k8s.io/v1/namespaces/shop/roles'],
    ['hold the lease of others', 'GET', '/apis/coordination.k8s.io/v1/namespaces/kavka/leases/x'],
    ['make brokers run anything', 'POST', '/api/v1/namespaces/shop/pods/demo-broker-0/exec'],
  ])('does not let the operator %s', async (_, method, path) => {
    expect(await statusOf(method, path)).toBe(403)
  })

  // The last one, since it gives the operator rights everywhere.
  test('takes all objects of the chart, in both kinds of scope', async () => {
    for (const object of objectsOf()) {
      expect((await apply(object))['message'], object.kind).toBeUndefined()
    }
  })
})

function objectsOf(...values: string[]): KubeObject[] {
  return rendered(...values) as unknown as KubeObject[]
}
