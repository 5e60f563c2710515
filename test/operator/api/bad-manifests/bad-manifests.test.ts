import { expect, test } from 'vitest'
import { judge } from '../../../../operator/kube/directory/judge.ts'
import { formatFinding } from '../../../../operator/kube/directory/manifest.ts'
import { parseManifests } from '../../../../operator/kube/directory/parse-manifests.ts'
import type { BadManifest } from './bad-manifest.ts'
import { badDocuments } from './documents.ts'
import { badKafkaClusters } from './kafka-clusters.ts'
import { badTopics } from './topics.ts'

const all: readonly BadManifest[] = [...badKafkaClusters, ...badTopics, ...badDocuments]

async function findingsOf({ yaml, before }: BadManifest) {
  const noTurn = () => Promise.resolve()
  const { manifests, findings } = await parseManifests('bad.yaml', yaml, noTurn)
  const old = before === undefined ? [] : (await parseManifests('', before, noTurn)).manifests
  const { accepted } = await judge(old, noTurn)
  const judged = await judge(manifests, noTurn, accepted)
  // A Topic alone has no cluster, which is another matter.
  return [...findings, ...judged.findings].filter(
    ({ level, reason }) => level === 'error' && reason !== 'ClusterNotFound',
  )
}

test.each(all)('refused: $name', async (manifest) => {
  const findings = await findingsOf(manifest)
  const told = findings.map(({ line, field, reason }) => ({ line, field, reason }))
  const { line, field, reason } = manifest.expected
  expect(told).toEqual([{ line, field, reason }])
})

test.each(all)('told on one line that says what was found: $name', async (manifest) => {
  const lines = (await findingsOf(manifest)).map(formatFinding)
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatch(/^bad\.yaml:\d+: [^\n\r]{10,400}$/)
})

test('what was before is right for itself', async () => {
  for (const { before } of all) {
    if (before === undefined) continue
    const findings = await findingsOf({ name: '', yaml: before, expected: { line: 0, reason: '' } })
    expect(findings).toEqual([])
  }
})

test('there are at least fifty of them, each with a name of its own', () => {
  expect(all.length).toBeGreaterThanOrEqual(50)
  const names = [badKafkaClusters, badTopics, badDocuments].map((table) =>
    table.map(({ name }) => name),
  )
  for (const each of names) expect(new Set(each).size).toBe(each.length)
})
