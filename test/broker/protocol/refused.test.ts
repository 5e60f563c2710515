import { expect, test } from 'vitest'
import { apiOf, type RequestOf } from '../../../broker/protocol/apis.ts'
import { zeroUuid } from '../../../broker/protocol/codec/uuid.ts'
import { encodeResponse } from '../../../broker/protocol/frames/response.ts'
import { type AdminApi, refused } from '../../../broker/protocol/refused.ts'

const resources = [{ resourceType: 2, resourceName: 'orders', configs: [] }]
const topic = {
  name: 'orders',
  numPartitions: 1,
  replicationFactor: 1,
  assignments: [],
  configs: [],
}

const requests: { readonly [N in AdminApi]: RequestOf<N> } = {
  CreateTopics: { topics: [topic], timeoutMs: 0, validateOnly: false },
  DeleteTopics: { topics: [], topicNames: ['orders'], timeoutMs: 0 },
  CreatePartitions: {
    topics: [{ name: 'orders', count: 2, assignments: null }],
    timeoutMs: 0,
    validateOnly: false,
  },
  AlterConfigs: { resources, validateOnly: false },
  IncrementalAlterConfigs: { resources, validateOnly: false },
  ElectLeaders: {
    electionType: 0,
    topicPartitions: [{ topic: 'orders', partitions: [0] }],
    timeoutMs: 0,
  },
  AlterPartitionReassignments: {
    timeoutMs: 0,
    allowReplicationFactorChange: true,
    topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, replicas: [1] }] }],
  },
  UnregisterBroker: { brokerId: 1 },
  UpdateFeatures: {
    featureUpdates: [
      { feature: 'metadata.version', maxVersionLevel: 25, allowDowngrade: false, upgradeType: 1 },
    ],
    timeoutMs: 0,
    validateOnly: false,
  },
  DescribeQuorum: { topics: [] },
}

test.each(Object.keys(requests) as AdminApi[])(
  '%s is refused in every version in a form that can be written',
  (name) => {
    const [first, last] = apiOf(name).response.versions
    for (let version = first; version <= last; version++) {
      const failed = { errorCode: 41, errorMessage: 'there is no controller' }
      const answer = refused[name](requests[name] as never, failed, version)
      expect(() => encodeResponse(name, version, 1, answer)).not.toThrow()
    }
  },
)

test('a topic that was asked for by its id is refused by its id', () => {
  const request = { topics: [{ name: null, topicId: zeroUuid }], topicNames: [], timeoutMs: 0 }
  const failed = { errorCode: 41, errorMessage: 'there is no controller' }
  const answer = refused.DeleteTopics(request, failed, 6)
  expect(answer.responses).toEqual([{ name: null, topicId: zeroUuid, ...failed }])
})
