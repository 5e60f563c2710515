import { expect, test } from 'vitest'
import { applyRecords } from '../../../broker/metadata/apply.ts'
import { emptyImage, type MetadataImage } from '../../../broker/metadata/image.ts'
import { metadataRecord } from '../../../broker/metadata/records.ts'
import { NetworkError } from '../../../broker/net/network-error.ts'
import { killHung } from '../../../operator/in-kubernetes/hung-brokers.ts'
import type { ObservedPod } from '../../../operator/kafka-cluster/observed-pod.ts'
import { KubeError } from '../../../operator/kube/api/requests/answer.ts'
import { uuid } from '../../broker/metadata/support.ts'

const hung = { brokerId: 1, incarnationId: uuid(1) }

type Scene = {
  incarnationId?: string
  fenced?: boolean
  isTerminating?: boolean
  dial?: () => Promise<{ close(): void }>
  failure?: Error
}

/** @returns The pods that were killed, and what was logged. */
async function killed({
  incarnationId = hung.incarnationId,
  fenced = true,
  isTerminating = false,
  dial = () => Promise.resolve({ close() {} }),
  failure,
}: Scene = {}) {
  const image: MetadataImage = applyRecords(emptyImage, [
    metadataRecord('RegisterBrokerRecord', {
      brokerId: 1,
      brokerEpoch: 1,
      incarnationId,
      endPoints: [{ name: 'internal', host: 'demo-broker-1', port: 9_190, securityProtocol: 0 }],
      features: [],
      rack: null,
      fenced,
      inControlledShutdown: false,
      logDirs: [],
    }),
  ])
  const pods = [0, 1, 2].map((brokerId) => {
    return { name: `demo-broker-${brokerId}`, uid: `${brokerId}`, brokerId, isTerminating }
  })
  const [names, logged]: string[][] = [[], []]
  await killHung(hung, {
    image: () => image,
    pods: () => pods as unknown as ObservedPod[],
    dial,
    kill(pod) {
      names?.push(pod.name)
      return failure === undefined ? Promise.resolve() : Promise.reject(failure)
    },
    log: (message) => logged?.push(message),
  })
  return { names, logged }
}

test('a broker that is there and says nothing is killed', async () => {
  expect(await killed()).toEqual({ names: ['demo-broker-1'], logged: [] })
})

test('one whose machine cannot be reached is not', async () => {
  const dial = () => Promise.reject(new NetworkError('ETIMEDOUT', 'no connection in 500 ms'))
  const why = 'broker 1 says nothing any more, and is not killed: no connection in 500 ms'
  expect(await killed({ dial })).toEqual({ names: [], logged: [why] })
})

test.each<[string, Scene]>([
  ['was heard again', { fenced: false }],
  ['is another process by now', { incarnationId: uuid(2) }],
  ['is on its way out', { isTerminating: true }],
])('one that %s is not', async (_, scene) => {
  expect(await killed(scene)).toEqual({ names: [], logged: [] })
})

test('that it could not be killed is said', async () => {
  const failure = new KubeError({ type: 'refused', reason: 'Forbidden', message: 'no', causes: [] })
  expect((await killed({ failure })).logged).toHaveLength(1)
})
