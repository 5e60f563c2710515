import { brokerConfig } from '../../../broker/protocol/config/broker-config.ts'
import { withoutEffect } from '../../../broker/protocol/config/check-settings.ts'
import type { Settings } from '../../../broker/protocol/config/setting.ts'
import { topicConfig } from '../../../broker/protocol/config/topic-config.ts'
import { checkTogether } from '../../api/check-together.ts'
import type { KafkaCluster } from '../../api/kafka-cluster/kafka-cluster.ts'
import { type AnyResource, kindOf } from '../../api/kinds.ts'
import { checkNotYet } from '../../api/not-yet.ts'
import { problem } from '../../api/schema/problem.ts'
import { checkResource, type Resource, readResource } from '../../api/schema/resource.ts'
import type { Topic } from '../../api/topic/topic.ts'
import { findingOf, subjectOf } from './findings.ts'
import type { Accepted, Finding, Manifest } from './manifest.ts'

/** What several manifests come to. */
export type Judged = {
  /** By key, those with nothing wrong in themselves. */
  readonly accepted: ReadonlyMap<string, Accepted>
  readonly findings: readonly Finding[]
}

/**
 * Checks each manifest for itself and all beside each other. Of two with one name the first holds.
 * What is wrong only beside others is told and accepted, as an API server would: its reconciler says
 * the same in the status.
 *
 * @param turn Lets others have a turn: ten thousand topics take half a second.
 * @param before What was accepted before, by key: a change is held against it.
 */
export async function judge(
  manifests: readonly Manifest[],
  turn: () => Promise<void>,
  before: ReadonlyMap<string, Accepted> = new Map(),
): Promise<Judged> {
  const accepted = new Map<string, Accepted>()
  const first = new Map<string, Manifest>()
  const findings: Finding[] = []
  for (const [at, manifest] of manifests.entries()) {
    if (at % manifestsATurn === manifestsATurn - 1) await turn()
    const other = first.get(manifest.key)
    if (other !== undefined) {
      findings.push(duplicate(manifest, other))
      continue
    }
    first.set(manifest.key, manifest)
    const one = judgeOne(manifest, before.get(manifest.key))
    findings.push(...one.findings)
    if (one.accepted !== undefined) accepted.set(manifest.key, one.accepted)
  }
  findings.push(...(await together([...accepted.values()], turn)))
  return { accepted, findings }
}

const manifestsATurn = 64

function judgeOne(
  manifest: Manifest,
  before: Accepted | undefined,
): { accepted?: Accepted; findings: Finding[] } {
  // Of a file that was not read again.
  if (before?.manifest === manifest) {
    return { accepted: before, findings: notes(manifest, before.resource) }
  }
  const table = kindOf(manifest.kind) as Resource
  const change = before === undefined ? {} : { old: before.manifest.value }
  const problems = checkResource(table, manifest.value, change)
  if (problems.length > 0) {
    const { place } = manifest
    return { findings: problems.map((each) => findingOf(place, subjectOf(manifest), each)) }
  }
  const resource = readResource(table, manifest.value) as AnyResource
  return { accepted: { manifest, resource }, findings: notes(manifest, resource) }
}

function duplicate(manifest: Manifest, { place, name }: Manifest): Finding {
  const line = findingOf(place, undefined, problem(['metadata', 'name'], '', '')).line
  const message = `must be there once, found ${name} in ${place.file}:${line} too`
  const found = problem(['metadata', 'name'], 'Duplicate', message)
  return findingOf(manifest.place, subjectOf(manifest), found)
}

async function together(
  accepted: readonly Accepted[],
  turn: () => Promise<void>,
): Promise<Finding[]> {
  const byResource = new Map(accepted.map(({ resource, manifest }) => [resource, manifest]))
  const resources = [...byResource.keys()]
  const clusters = resources.filter((each): each is KafkaCluster => each.kind === 'KafkaCluster')
  const topics = resources.filter((each): each is Topic => each.kind === 'Topic')
  const findings: Finding[] = []
  const problems = [...checkTogether(clusters, topics), ...checkNotYet(clusters)]
  for (const { resource, problem } of problems) {
    if (findings.length % manifestsATurn === manifestsATurn - 1) await turn()
    const manifest = byResource.get(resource) as Manifest
    findings.push(findingOf(manifest.place, subjectOf(manifest), problem))
  }
  return findings
}

/** Settings that are taken and do nothing: better said than found out. */
function notes(manifest: Manifest, { kind, spec }: AnyResource): Finding[] {
  const settings: Settings = kind === 'Topic' ? topicConfig : brokerConfig
  return withoutEffect(settings, new Map(Object.entries(spec.config))).map((name) => {
    const yet =
      settings[name]?.support === 'planned' ? 'has no effect yet' : 'has no effect in kavka'
    const note = problem(['spec', 'config', name], 'NoEffect', yet)
    return findingOf(manifest.place, subjectOf(manifest), note, 'note')
  })
}
