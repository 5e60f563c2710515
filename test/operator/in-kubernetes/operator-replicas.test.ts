import { expect, onTestFinished, test } from 'vitest'
import { otherReplicas } from '../../../operator/in-kubernetes/operator-replicas.ts'
import { KubeError } from '../../../operator/kube/api/requests/answer.ts'
import { FakeKubeApi } from '../../support/fake-kube-api.ts'
import { openKubeApi } from '../../support/kube-parts.ts'

const own = { namespace: 'kavka', podName: 'operator-1' }
const reads = { min: 7, max: 29 }

type Pod = { name: string; image?: string; phase?: string; instance?: string; ready?: string }

/** Asks for what replicas read where these pods are listed. */
async function replicasAmong(...pods: readonly Pod[]) {
  const fake = await FakeKubeApi.start()
  const api = openKubeApi(fake.access)
  onTestFinished(async () => {
    await api[Symbol.asyncDispose]()
    await fake[Symbol.asyncDispose]()
  })
  const asked: string[] = []
  fake.intercept = ({ path, query }) => {
    asked.push(`${path} ${query.get('labelSelector')}`)
    if (pods.length === 0) return { status: 403, body: { code: 403, message: 'you may not' } }
    const items = pods.map(
      ({ name, image = '', phase = 'Running', instance = 'kavka', ready = 'True' }) => ({
        metadata: { name, labels: { 'app.kubernetes.io/instance': instance } },
        status: {
          phase,
          conditions: [{ type: 'Ready', status: ready }],
          containerStatuses: [{ name: 'operator', imageID: image }],
        },
      }),
    )
    return { status: 200, body: { metadata: { resourceVersion: '1' }, items } }
  }
  return { asked, replicas: otherReplicas(api.objects, own) }
}

test('a replica that runs the same image reads the same', async () => {
  const { asked, replicas } = await replicasAmong(
    { name: 'operator-1', image: 'sha256:1' },
    { name: 'operator-2', image: 'sha256:1' },
  )
  expect(await replicas).toEqual([{ podName: 'operator-2', reads, isReady: true }])
  expect(asked).toEqual([
    '/api/v1/namespaces/kavka/pods app.kubernetes.io/name=kavka,app.kubernetes.io/component=operator',
  ])
})

test.each<[what: string, pod: Pod]>([
  ['runs another image', { name: 'operator-2', image: 'sha256:2' }],
  ['runs nothing yet', { name: 'operator-2', phase: 'Pending', ready: 'False' }],
])('of one that %s it is not known', async (_, pod) => {
  const { replicas } = await replicasAmong({ name: 'operator-1', image: 'sha256:1' }, pod)
  const isReady = pod.ready === undefined
  expect(await replicas).toEqual([{ podName: 'operator-2', reads: undefined, isReady }])
})

test('pods that have ended, or are of another release, are no replicas', async () => {
  const { replicas } = await replicasAmong(
    { name: 'operator-1', image: 'sha256:1' },
    { name: 'operator-0', image: 'sha256:0', phase: 'Failed' },
    { name: 'others-1', image: 'sha256:2', instance: 'others' },
  )
  expect(await replicas).toEqual([])
})

test('who may not list pods does not know who there is', async () => {
  const { replicas } = await replicasAmong()
  await expect(replicas).rejects.toBeInstanceOf(KubeError)
})
