import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { realClock } from '../../../../lib/clock.ts'
import { formatFinding } from '../../../../operator/kube/directory/manifest.ts'
import { realManifestFiles } from '../../../../operator/kube/directory/manifest-files.ts'
import { readManifests } from '../../../../operator/kube/directory/read-manifests.ts'

const examples = join(import.meta.dirname, '../../../../examples')
const folders = readdirSync(examples, { withFileTypes: true }).filter((each) => each.isDirectory())

test.each(folders.map(({ name }) => name))('examples/%s is right', async (name) => {
  const set = await readManifests(join(examples, name), realManifestFiles, realClock)
  expect(set.findings.filter(({ level }) => level === 'error').map(formatFinding)).toEqual([])
  expect(set.accepted.length).toBeGreaterThan(0)
})

test('the quickstart has three brokers, and a topic of three partitions that is on all of them', async () => {
  const set = await readManifests(join(examples, 'quickstart'), realManifestFiles, realClock)
  expect(set.accepted.map(({ manifest }) => manifest.key)).toEqual([
    'KafkaCluster/default/demo',
    'Topic/default/my-topic',
  ])
  expect(set.accepted.map(({ resource }) => resource.spec)).toMatchObject([
    {
      brokers: { replicas: 3 },
      config: { 'default.replication.factor': '3', 'min.insync.replicas': '2' },
      topics: { autoCreate: true },
    },
    { partitions: 3, replicationFactor: 3 },
  ])
})
