import { type BadManifest, cluster } from './bad-manifest.ts'

const one = 'brokers: {replicas: 1}'

export const badKafkaClusters: readonly BadManifest[] = [
  {
    name: 'no broker',
    yaml: cluster('brokers:', '  replicas: 0'),
    expected: { line: 6, field: 'spec.brokers.replicas', reason: 'TooSmall' },
  },
  {
    name: 'more brokers than can dial each other',
    yaml: cluster('brokers:', '  replicas: 1001'),
    expected: { line: 6, field: 'spec.brokers.replicas', reason: 'TooLarge' },
  },
  {
    name: 'half a broker',
    yaml: cluster('brokers:', '  replicas: 1.5'),
    expected: { line: 6, field: 'spec.brokers.replicas', reason: 'WrongType' },
  },
  {
    name: 'a number in quotes',
    yaml: cluster('brokers:', '  replicas: "3"'),
    expected: { line: 6, field: 'spec.brokers.replicas', reason: 'WrongType' },
  },
  {
    name: 'brokers without a number of them',
    yaml: cluster('brokers:', '  storage: {size: 1Gi}'),
    expected: { line: 5, field: 'spec.brokers.replicas', reason: 'Required' },
  },
  {
    name: 'no brokers at all',
    yaml: cluster('topics: {}'),
    expected: { line: 4, field: 'spec.brokers', reason: 'Required' },
  },
  {
    name: 'the number of brokers at the wrong place',
    yaml: cluster(one, 'replicas: 1'),
    expected: { line: 6, field: 'spec.replicas', reason: 'UnknownField' },
  },
  {
    name: 'a list for an object',
    yaml: cluster('brokers:', '  - replicas: 1'),
    expected: { line: 5, field: 'spec.brokers', reason: 'WrongType' },
  },
  {
    name: 'a size that is no amount',
    yaml: cluster('brokers:', '  replicas: 1', '  storage:', '    size: 10 GB'),
    expected: { line: 8, field: 'spec.brokers.storage.size', reason: 'InvalidFormat' },
  },
  {
    name: 'a disk that holds next to nothing',
    yaml: cluster('brokers:', '  replicas: 1', '  storage:', '    size: 10'),
    expected: { line: 8, field: 'spec.brokers.storage.size', reason: 'TooSmall' },
  },
  {
    name: 'a kind of storage that there is not',
    yaml: cluster('brokers:', '  replicas: 1', '  storage:', '    type: Persistent'),
    expected: { line: 8, field: 'spec.brokers.storage.type', reason: 'NotSupported' },
  },
  {
    name: 'a storage class for a disk that has none',
    yaml: cluster(
      'brokers:',
      '  replicas: 1',
      '  storage:',
      '    type: Ephemeral',
      '    storageClassName: fast',
    ),
    expected: { line: 9, field: 'spec.brokers.storage.storageClassName', reason: 'InvalidStorage' },
  },
  {
    name: 'a disk that is to shrink',
    before: cluster('brokers:', '  replicas: 1', '  storage:', '    size: 10Gi'),
    yaml: cluster('brokers:', '  replicas: 1', '  storage:', '    size: 10G'),
    expected: { line: 8, field: 'spec.brokers.storage.size', reason: 'StorageShrinkForbidden' },
  },
  {
    name: 'another kind of storage than before',
    before: cluster(one),
    yaml: cluster('brokers:', '  replicas: 1', '  storage: {type: Ephemeral}'),
    expected: { line: 7, field: 'spec.brokers.storage.type', reason: 'Immutable' },
  },
  {
    name: 'a storage class that was not there before',
    before: cluster(one),
    yaml: cluster('brokers:', '  replicas: 1', '  storage: {storageClassName: fast}'),
    expected: { line: 7, field: 'spec.brokers.storage.storageClassName', reason: 'Immutable' },
  },
  {
    name: 'more memory than it may have',
    yaml: cluster(
      'brokers:',
      '  replicas: 1',
      '  resources:',
      '    requests: {memory: 1Gi}',
      '    limits: {memory: 512Mi}',
    ),
    expected: {
      line: 8,
      field: 'spec.brokers.resources.requests.memory',
      reason: 'InvalidResources',
    },
  },
  {
    name: 'half a core without quotes',
    yaml: cluster('brokers:', '  replicas: 1', '  resources:', '    limits: {cpu: 0.5}'),
    expected: { line: 8, field: 'spec.brokers.resources.limits.cpu', reason: 'WrongType' },
  },
  {
    name: 'no listener',
    yaml: cluster(one, 'listeners: []'),
    expected: { line: 6, field: 'spec.listeners', reason: 'TooShort' },
  },
  {
    name: 'a port that there is not',
    yaml: cluster(one, 'listeners:', '  - name: plain', '    port: 65536'),
    expected: { line: 8, field: 'spec.listeners[0].port', reason: 'TooLarge' },
  },
  {
    name: 'two listeners of one name',
    yaml: cluster(one, 'listeners:', '  - {name: a, port: 9092}', '  - {name: a, port: 9093}'),
    expected: { line: 8, field: 'spec.listeners[1].name', reason: 'Duplicate' },
  },
  {
    name: 'two listeners on one port',
    yaml: cluster(one, 'listeners:', '  - {name: a, port: 9092}', '  - {name: b, port: 9092}'),
    expected: { line: 6, field: 'spec.listeners', reason: 'InvalidListeners' },
  },
  {
    name: 'the name of a listener in capitals',
    yaml: cluster(one, 'listeners:', '  - name: PLAINTEXT', '    port: 9092'),
    expected: { line: 7, field: 'spec.listeners[0].name', reason: 'InvalidFormat' },
  },
  {
    name: 'a setting that Kafka does not have',
    yaml: cluster(one, 'config:', '  min.insync.replica: "2"'),
    expected: { line: 7, field: 'spec.config[min.insync.replica]', reason: 'UnknownSetting' },
  },
  {
    name: 'a setting that is out of its range',
    yaml: cluster(one, 'config:', '  log.segment.bytes: "1024"'),
    expected: { line: 7, field: 'spec.config[log.segment.bytes]', reason: 'InvalidSetting' },
  },
  {
    name: 'a setting that is kavka’s',
    yaml: cluster(one, 'config:', '  advertised.listeners: PLAINTEXT://me:9092'),
    expected: { line: 7, field: 'spec.config[advertised.listeners]', reason: 'OwnedSetting' },
  },
  {
    name: 'a setting without quotes',
    yaml: cluster(one, 'config:', '  num.partitions: 3'),
    expected: { line: 7, field: 'spec.config[num.partitions]', reason: 'WrongType' },
  },
  {
    name: 'a time without a unit',
    yaml: cluster(one, 'controller:', '  sessionTimeout: "1500"'),
    expected: { line: 7, field: 'spec.controller.sessionTimeout', reason: 'InvalidFormat' },
  },
  {
    name: 'a session as short as a heartbeat',
    yaml: cluster(one, 'controller:', '  sessionTimeout: 500ms'),
    expected: { line: 7, field: 'spec.controller.sessionTimeout', reason: 'InvalidTimeouts' },
  },
  {
    name: 'a grace that is longer than the session',
    yaml: cluster(one, 'controller:', '  disconnectGrace: 2s'),
    expected: { line: 7, field: 'spec.controller.disconnectGrace', reason: 'InvalidTimeouts' },
  },
  {
    name: 'a word where only Auto will do',
    yaml: cluster(one, 'rollout:', '  maxUnavailable: all'),
    expected: { line: 7, field: 'spec.rollout.maxUnavailable', reason: 'NotSupported' },
  },
  {
    name: 'yes for true',
    yaml: cluster(one, 'topics:', '  autoCreate: yes please'),
    expected: { line: 7, field: 'spec.topics.autoCreate', reason: 'WrongType' },
  },
  {
    name: 'a version that is none',
    yaml: cluster('version: latest', one),
    expected: { line: 5, field: 'spec.version', reason: 'InvalidFormat' },
  },
  {
    name: 'a name that is too long for its pods',
    yaml: cluster(one).replace('demo', 'd'.repeat(41)),
    expected: { line: 3, field: 'metadata.name', reason: 'TooLong' },
  },
]
