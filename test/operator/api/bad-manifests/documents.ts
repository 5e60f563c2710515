import { type BadManifest, topic } from './bad-manifest.ts'

/** What is no resource of ours, or not even YAML. */
export const badDocuments: readonly BadManifest[] = [
  {
    name: 'no name',
    yaml: topic().replace('{name: demo}', '{labels: {a: b}}'),
    expected: { line: 3, field: 'metadata.name', reason: 'Required' },
  },
  {
    name: 'a kind with a typing mistake',
    yaml: topic().replace('kind: Topic', 'kind: Topics'),
    expected: { line: 2, field: 'kind', reason: 'NotSupported' },
  },
  {
    name: 'a version that there is not',
    yaml: topic().replace('v1alpha1', 'v1'),
    expected: {
      line: 1,
      field: 'apiVersion',
      reason: 'NotSupported',
      apiServerSays: 'Topic in version "v1" cannot be handled as a Topic',
    },
  },
  {
    name: 'no kind',
    yaml: topic().replace('kind: Topic\n', ''),
    expected: { line: 1, field: 'kind', reason: 'Required' },
  },
  {
    name: 'a list where a resource should be',
    yaml: '- a\n- b\n',
    expected: { line: 1, reason: 'WrongType' },
  },
  {
    name: 'a tab',
    yaml: topic('config:').replace('  config:', '  config:\n\t  a: b'),
    expected: { line: 7, reason: 'InvalidYaml' },
  },
  {
    name: 'a field that is there twice',
    yaml: topic('partitions: 1', 'partitions: 2'),
    expected: { line: 7, reason: 'InvalidYaml' },
  },
  {
    name: 'quotes that do not end',
    yaml: topic('topicName: "orders'),
    expected: { line: 7, reason: 'InvalidYaml' },
  },
]
