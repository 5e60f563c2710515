import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { apply, pathOf } from '../support/crds.ts'
import { anyImage, chart, runHelmOn, whyNoHelm } from '../support/helm.ts'
import { KubeApiServer, whyNoKube } from '../support/kube-api-server.ts'

const whyNot = whyNoKube() ?? whyNoHelm()
const timeout = 120_000

describe.skipIf(whyNot !== undefined)(whyNot ?? 'an API server', { timeout }, () => {
  let kube: KubeApiServer
  beforeAll(async () => {
    kube = await KubeApiServer.start()
  }, timeout)
  afterAll(() => kube?.[Symbol.asyncDispose]())

  const helm = (command: string, ...args: string[]) => runHelmOn(kube, [command, 'kavka', ...args])
  const topic = () => kube.request('GET', pathOf('topics', 'orders'))

  test('a release that is uninstalled leaves all topics, and can be installed again', async () => {
    const notes = helm('install', chart, '--create-namespace', '--set', anyImage)
    expect(notes).toContain('kubectl rollout status deployment/kavka-operator --namespace kavka')
    const orders = {
      apiVersion: 'kavka.dev/v1alpha1',
      kind: 'Topic',
      metadata: { name: 'orders' },
      spec: { clusterRef: { name: 'demo' } },
    }
    expect((await apply(kube, 'topics', 'orders', orders)).status).toBe(201)
    const { uid } = (await topic()).body['metadata'] as { uid: string }

    helm('upgrade', chart, '--set', anyImage, '--set', 'replicas=1')
    helm('uninstall')
    const deployments = await kube.request('GET', '/apis/apps/v1/namespaces/kavka/deployments')
    expect(deployments.body['items']).toEqual([])
    expect((await topic()).body['metadata']).toMatchObject({ uid })

    helm('install', chart, '--set', anyImage)
    expect((await topic()).body['metadata']).toMatchObject({ uid })
  })
})
