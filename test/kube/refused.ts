/** A resource that breaks one rule, and what its owner is told. It is data. */
export type Refused = {
  readonly kind: 'KafkaCluster' | 'Topic' | 'ClusterMetadata'
  /** What the spec was before, where the mistake is in the change. */
  readonly before?: unknown
  readonly spec: unknown
  readonly name?: string
  readonly field: string
  /** Follows the field, and `Invalid value: ` or `Forbidden: `. */
  readonly message: string
}

const cluster = (spec: object) => ({ kind: 'KafkaCluster', spec: { brokers, ...spec } }) as const
const brokers = { replicas: 1 }
const storage = (spec: object) => ({ brokers: { ...brokers, storage: spec } })
const resources = (requests: object, limits: object) => ({
  brokers: { ...brokers, resources: { requests, limits } },
})
const topic = (spec: object) => ({ kind: 'Topic', spec: { clusterRef, ...spec } }) as const
const clusterRef = { name: 'demo' }

const sha = 'a'.repeat(43)
const otherSha = 'b'.repeat(43)
const writer = { epoch: 3, incarnationId: 'A'.repeat(22) }
const head = { formatVersion: 1, type: 'Head', endOffset: 8, chain: sha, writer, batches: ['AAAA'] }
const segment = { formatVersion: 1, type: 'Segment', firstOffset: 0, endOffset: 8, data: 'AAAA' }
const snapshot = { endOffset: 4, parts: [{ name: 'demo-snapshot', digest: sha }] }
const log = (spec: object) => ({ kind: 'ClusterMetadata', spec }) as const

const badKey = 'not a key'
const keys = (field: string, spec: object): Refused => ({
  ...cluster(spec),
  field,
  message: 'must be named with letters, digits, -, _ and ., after a domain and / if there is one',
})
const amount = (field: string, spec: object, least: string): Refused => ({
  ...cluster(spec),
  field,
  message: `must be at least ${least}`,
})
const time = (name: string, found: string, bound: string): Refused => ({
  ...cluster({ controller: { sessionTimeout: '30s', [name]: found } }),
  field: `spec.controller.${name}`,
  message: `must be ${bound}`,
})

/** At least one for each rule that is not of a single setting. */
export const refused: readonly Refused[] = [
  {
    ...cluster(storage({ type: 'Ephemeral', storageClassName: 'fast' })),
    field: 'spec.brokers.storage.storageClassName',
    message: 'is only for type: PersistentVolume; leave it out, or change the type',
  },
  {
    ...cluster(storage({ size: '10G' })),
    before: { brokers: { ...brokers, storage: { size: '10Gi' } } },
    field: 'spec.brokers.storage.size',
    message: 'may grow, never shrink, found 10G where it was 10Gi',
  },
  {
    ...cluster(storage({ size: 67_108_864 })),
    before: { brokers: { ...brokers, storage: { size: '65Mi' } } },
    field: 'spec.brokers.storage.size',
    message: 'may grow, never shrink, found 67108864 where it was 65Mi',
  },
  {
    ...cluster(storage({ type: 'Ephemeral' })),
    before: { brokers },
    field: 'spec.brokers.storage.type',
    message: 'may not be changed, was PersistentVolume: change it back',
  },
  {
    ...cluster(storage({ storageClassName: 'fast' })),
    before: { brokers },
    field: 'spec.brokers.storage.storageClassName',
    message: 'may not be changed, was nothing: change it back',
  },
  {
    ...cluster(storage({})),
    before: { brokers: { ...brokers, storage: { storageClassName: 'fast' } } },
    field: 'spec.brokers.storage.storageClassName',
    message: 'may not be changed, was fast: change it back',
  },
  amount('spec.brokers.storage.size', storage({ size: '63Mi' }), '64Mi'),
  {
    ...cluster(resources({ memory: '1Gi' }, { memory: 1_073_741_823 })),
    field: 'spec.brokers.resources.requests.memory',
    message: 'must be at most limits.memory, found 1Gi',
  },
  {
    ...cluster(resources({ cpu: 1 }, { cpu: '999m' })),
    field: 'spec.brokers.resources.requests.cpu',
    message: 'must be at most limits.cpu, found 1',
  },
  amount('spec.brokers.resources.requests.cpu', resources({ cpu: 0 }, {}), '0.001'),
  amount('spec.brokers.resources.limits.cpu', resources({}, { cpu: '1u' }), '0.001'),
  amount('spec.brokers.resources.requests.memory', resources({ memory: '1m' }, {}), '1'),
  amount('spec.brokers.resources.limits.memory', resources({}, { memory: -1 }), '1'),
  ...['requests', 'limits'].map((which) =>
    amount(
      `spec.brokers.resources.${which}.ephemeral-storage`,
      { brokers: { ...brokers, resources: { [which]: { 'ephemeral-storage': '-1' } } } },
      '0',
    ),
  ),
  keys('spec.brokers.template.pod.labels', {
    brokers: { ...brokers, template: { pod: { labels: { [badKey]: 'x' } } } },
  }),
  keys('spec.brokers.template.pod.annotations', {
    brokers: { ...brokers, template: { pod: { annotations: { [badKey]: 'x' } } } },
  }),
  keys('spec.brokers.template.pod.nodeSelector', {
    brokers: { ...brokers, template: { pod: { nodeSelector: { [badKey]: 'x' } } } },
  }),
  keys('spec.brokers.template.service.labels', {
    brokers: { ...brokers, template: { service: { labels: { [badKey]: 'x' } } } },
  }),
  keys('spec.brokers.template.service.annotations', {
    brokers: { ...brokers, template: { service: { annotations: { [badKey]: 'x' } } } },
  }),
  {
    ...cluster({
      listeners: [
        { name: 'a', port: 9092 },
        { name: 'b', port: 9093 },
        { name: 'c', port: 9092 },
      ],
    }),
    field: 'spec.listeners',
    message: 'must have a port each, found [9092, 9093, 9092]',
  },
  {
    ...cluster({ config: { 'num.partition': '1', 'num.partitions': '1' } }),
    field: 'spec.config',
    message: 'there is no setting of a broker that is called ["num.partition"]',
  },
  {
    ...cluster({ config: { 'broker.id': '1' } }),
    field: 'spec.config',
    message: 'kavka sets by itself, leave out ["broker.id"]',
  },
  time('sessionTimeout', '301s', 'at most 300000ms'),
  {
    ...cluster({
      controller: { sessionTimeout: '200ms', heartbeatInterval: '100ms', disconnectGrace: '0s' },
    }),
    field: 'spec.controller.sessionTimeout',
    message: 'must be at least 300ms',
  },
  time('heartbeatInterval', '99ms', 'at least 100ms'),
  {
    ...cluster({ controller: { sessionTimeout: '5m', heartbeatInterval: '1m1ms' } }),
    field: 'spec.controller.heartbeatInterval',
    message: 'must be at most 60000ms',
  },
  {
    ...cluster({ controller: { sessionTimeout: '5m', disconnectGrace: '1m1ms' } }),
    field: 'spec.controller.disconnectGrace',
    message: 'must be at most 60000ms',
  },
  {
    ...cluster({ controller: { sessionTimeout: '999ms' } }),
    field: 'spec.controller.sessionTimeout',
    message:
      'must be at least twice heartbeatInterval, or one lost heartbeat stops a broker, found 999ms with a heartbeatInterval of 500ms',
  },
  {
    ...cluster({ controller: { disconnectGrace: '1501ms' } }),
    field: 'spec.controller.disconnectGrace',
    message: 'must be at most sessionTimeout, found 1501ms with a sessionTimeout of 1500ms',
  },
  ...(
    [
      ['all', 'must be a whole number or Auto'],
      [0, 'must be at least 1'],
      [1_001, 'must be at most 1000'],
    ] as const
  ).map(
    ([maxUnavailable, message]): Refused => ({
      ...cluster({ rollout: { maxUnavailable } }),
      field: 'spec.rollout.maxUnavailable',
      message,
    }),
  ),
  {
    ...topic({ clusterRef: { name: 'other' } }),
    before: { clusterRef },
    field: 'spec.clusterRef.name',
    message: 'may not be changed, was demo: change it back',
  },
  {
    ...topic({}),
    before: { clusterRef, topicName: 'a' },
    field: 'spec.topicName',
    message: 'may not be changed, was a: change it back',
  },
  {
    ...topic({ topicName: '__transaction_state' }),
    field: 'spec.topicName',
    message: 'is kept for Kafka itself; choose another one',
  },
  {
    ...topic({ partitions: 11 }),
    before: { clusterRef, partitions: 12 },
    field: 'spec.partitions',
    message:
      'may become more, never fewer: make another topic and move the records, found 11 where it was 12',
  },
  {
    ...topic({ replicationFactor: 1, config: { 'min.insync.replicas': ' +2 ' } }),
    field: 'spec.config[min.insync.replicas]',
    message:
      'must be at most replicationFactor, or nobody can write with acks=all, found  +2  with a replicationFactor of 1',
  },
  {
    ...topic({ config: { 'log.retention.ms': '1' } }),
    field: 'spec.config',
    message: 'there is no setting of a topic that is called ["log.retention.ms"]',
  },
  {
    ...topic({}),
    name: 'a'.repeat(250),
    field: 'metadata.name',
    message:
      'must have at most 249 characters to be the name of a topic; or say spec.topicName, found 250',
  },
  {
    ...log(head),
    before: segment,
    field: 'spec.type',
    message: 'may not be changed, was Segment: change it back',
  },
  {
    ...log({ ...head, data: 'AAAA' }),
    field: 'spec',
    message: 'must have chain, writer and batches, and no data, if it is a Head',
  },
  {
    ...log({ ...segment, snapshot }),
    field: 'spec',
    message: 'must have data, and nothing that only a Head has, if it is named by one',
  },
  {
    ...log({ ...segment, data: 'BBBB' }),
    before: segment,
    field: 'spec',
    message: 'is written once, and never changed',
  },
  {
    ...log({ ...head, endOffset: 9, batches: ['AAAA', 'BBBB'] }),
    before: head,
    field: 'spec.chain',
    message: 'must be another one after each change of the head',
  },
  {
    ...log({ ...head, chain: otherSha, writer: { ...writer, epoch: 2 } }),
    before: head,
    field: 'spec.writer.epoch',
    message: 'may rise, never fall, found 2 where it was 3',
  },
  {
    ...log({ ...head, chain: otherSha, snapshot: { ...snapshot, endOffset: 3 } }),
    before: { ...head, snapshot },
    field: 'spec.snapshot',
    message: 'may be replaced by one that ends later, never by an older one or none',
  },
  {
    ...log({ ...head, chain: otherSha }),
    before: { ...head, snapshot },
    field: 'spec.snapshot',
    message: 'may be replaced by one that ends later, never by an older one or none',
  },
  {
    ...log({ ...head, chain: otherSha, endOffset: 7 }),
    before: head,
    field: 'spec.endOffset',
    message: 'may rise, never fall, found 7 where it was 8',
  },
]
