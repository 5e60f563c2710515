import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Topic } from '../../operator/api/topic/topic.ts'
import { Statuses } from '../../operator/in-kubernetes/statuses.ts'
import { startWithCrds } from '../support/crds.ts'
import { KubeApiServer, whyNoKube } from '../support/kube-api-server.ts'
import { openKubeApi } from '../support/kube-parts.ts'

const noKube = whyNoKube()
const all = '/apis/kavka.dev/v1alpha1/namespaces/default/topics'

describe.skipIf(noKube !== undefined)(noKube ?? 'a status', { timeout: 90_000 }, () => {
  let kube: KubeApiServer
  beforeAll(async () => {
    kube = await startWithCrds(() => KubeApiServer.start())
  }, 90_000)
  afterAll(() => kube?.[Symbol.asyncDispose]())

  test('of a resource that was deleted is not that of another which was made under its name', async () => {
    await using api = openKubeApi(kube.access)
    const statuses = new Statuses(api.status)
    const body = {
      apiVersion: 'kavka.dev/v1alpha1',
      kind: 'Topic',
      metadata: { name: 'orders' },
      spec: { clusterRef: { name: 'demo' }, partitions: 1 },
    }
    const make = async () => (await kube.request('POST', all, { body })).body as never
    const status = { summary: { online: 1, underReplicated: 0, leaderless: 0 } }
    const there = async () => (await kube.request('GET', `${all}/orders`)).body['status']

    const first = await make()
    await kube.request('DELETE', `${all}/orders`)
    await statuses.write(Topic, first, status)
    const second = await make()
    await statuses.write(Topic, first, status)
    expect(await there()).toBeUndefined()
    await statuses.write(Topic, second, status)
    expect(await there()).toEqual(status)
  })
})
