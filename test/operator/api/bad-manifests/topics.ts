import { type BadManifest, topic } from './bad-manifest.ts'

export const badTopics: readonly BadManifest[] = [
  {
    name: 'no partition',
    yaml: topic('partitions: 0'),
    expected: { line: 6, field: 'spec.partitions', reason: 'TooSmall' },
  },
  {
    name: 'more partitions than fit into a status',
    yaml: topic('partitions: 10001'),
    expected: { line: 6, field: 'spec.partitions', reason: 'TooLarge' },
  },
  {
    name: 'fewer partitions than before',
    before: topic('partitions: 3'),
    yaml: topic('partitions: 2'),
    expected: { line: 6, field: 'spec.partitions', reason: 'PartitionsShrinkForbidden' },
  },
  {
    name: 'partitions left out where there were several',
    before: topic('partitions: 3'),
    yaml: topic(),
    expected: { line: 4, field: 'spec.partitions', reason: 'PartitionsShrinkForbidden' },
  },
  {
    name: 'a field with a typing mistake',
    yaml: topic('partition: 3'),
    expected: { line: 6, field: 'spec.partition', reason: 'UnknownField' },
  },
  {
    name: 'no replica',
    yaml: topic('replicationFactor: 0'),
    expected: { line: 6, field: 'spec.replicationFactor', reason: 'TooSmall' },
  },
  {
    name: 'another cluster than before',
    before: topic(),
    yaml: topic().replace('clusterRef: {name: demo}', 'clusterRef: {name: other}'),
    expected: { line: 5, field: 'spec.clusterRef.name', reason: 'Immutable' },
  },
  {
    name: 'no cluster',
    yaml: topic().replace('clusterRef: {name: demo}', 'partitions: 1'),
    expected: { line: 4, field: 'spec.clusterRef', reason: 'Required' },
  },
  {
    name: 'another name for clients than before',
    before: topic('topicName: a'),
    yaml: topic('topicName: b'),
    expected: { line: 6, field: 'spec.topicName', reason: 'Immutable' },
  },
  {
    name: 'a name that Kafka does not take',
    yaml: topic('topicName: orders/v1'),
    expected: { line: 6, field: 'spec.topicName', reason: 'InvalidFormat' },
  },
  {
    name: 'a name that would be a folder',
    yaml: topic('topicName: ..'),
    expected: { line: 6, field: 'spec.topicName', reason: 'InvalidFormat' },
  },
  {
    name: 'a name longer than Kafka takes',
    yaml: topic(`topicName: ${'a'.repeat(250)}`),
    expected: { line: 6, field: 'spec.topicName', reason: 'TooLong' },
  },
  {
    name: 'an empty name',
    yaml: topic('topicName: ""'),
    expected: { line: 6, field: 'spec.topicName', reason: 'TooShort' },
  },
  {
    name: 'the name of a topic of Kafka’s own',
    yaml: topic('topicName: __consumer_offsets'),
    expected: { line: 6, field: 'spec.topicName', reason: 'ReservedTopicName' },
  },
  {
    name: 'a setting that Kafka does not have',
    yaml: topic('config:', '  retention.sm: "1"'),
    expected: { line: 7, field: 'spec.config[retention.sm]', reason: 'UnknownSetting' },
  },
  {
    name: 'a setting of brokers',
    yaml: topic('config:', '  log.retention.ms: "1"'),
    expected: { line: 7, field: 'spec.config[log.retention.ms]', reason: 'UnknownSetting' },
  },
  {
    name: 'a cleanup policy that there is not',
    yaml: topic('config:', '  cleanup.policy: delete,compat'),
    expected: { line: 7, field: 'spec.config[cleanup.policy]', reason: 'InvalidSetting' },
  },
  {
    name: 'a time that is no number',
    yaml: topic('config:', '  retention.ms: 7d'),
    expected: { line: 7, field: 'spec.config[retention.ms]', reason: 'InvalidSetting' },
  },
  {
    name: 'a flush that there is not',
    yaml: topic('config:', '  kavka.flush: Sometimes'),
    expected: { line: 7, field: 'spec.config[kavka.flush]', reason: 'InvalidSetting' },
  },
  {
    name: 'more replicas in sync than there are',
    yaml: topic('replicationFactor: 2', 'config:', '  min.insync.replicas: "3"'),
    expected: {
      line: 8,
      field: 'spec.config[min.insync.replicas]',
      reason: 'InsufficientReplicas',
    },
  },
  {
    name: 'a deletion policy that there is not',
    yaml: topic('deletionPolicy: Keep'),
    expected: { line: 6, field: 'spec.deletionPolicy', reason: 'NotSupported' },
  },
  {
    name: 'a spec at the wrong depth',
    yaml: `${topic()}partitions: 3\n`,
    expected: { line: 6, field: 'partitions', reason: 'UnknownField' },
  },
  {
    name: 'a name for Kubernetes in capitals',
    yaml: topic().replace('{name: demo}', '{name: Orders}'),
    expected: { line: 3, field: 'metadata.name', reason: 'InvalidFormat' },
  },
  {
    name: 'a label that is a number',
    yaml: topic().replace('{name: demo}', '{name: demo, labels: {tier: 1}}'),
    expected: {
      line: 3,
      field: 'metadata.labels.tier',
      reason: 'WrongType',
      apiServerSays:
        'cannot unmarshal number into Go struct field ObjectMeta.labels of type string',
    },
  },
  {
    name: 'a name for Kubernetes that is too long for Kafka',
    yaml: topic().replace('{name: demo}', `{name: ${'a'.repeat(250)}}`),
    expected: { line: 3, field: 'metadata.name', reason: 'TooLong' },
  },
]
