import { brokerConfig } from '../../../broker/protocol/config/broker-config.ts'
import { withoutEffect } from '../../../broker/protocol/config/check-settings.ts'
import type { Settings } from '../../../broker/protocol/config/setting.ts'
import { topicConfig } from '../../../broker/protocol/config/topic-config.ts'
import { checkTogether } from '../../api/check-together.ts'
import type { KafkaCluster } from '../../api/kafka-cluster/kafka-cluster.ts'
import { type AnyResource, kindOf } from '../../api/kinds.ts'
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
 * @param previous What a resource was before, as it was accepted; undefined for a new one.
 */
export function judge(
  manifests: readonly Manifest[],
  previous: (key: string) => unknown = () => undefined,
): Judged {
  const accepted = new Map<string, Accepted>()
  const first = new Map<string, Manifest>()
  const findings: Finding[] = []
  for (const manifest of manifests) {
    const other = first.get(manifest.key)
    if (other !== undefined) {
      findings.push(duplicate(manifest, other))
      continue
    }
    first.set(manifest.key, manifest)
    const table = kindOf(manifest.kind) as Resource
    const old = previous(manifest.key)
    const problems = checkResource(table, manifest.value, old === undefined ? {} : { old })
    findings.push(...problems.map((each) => findingOf(manifest.place, subjectOf(manifest), each)))
    if (problems.length > 0) continue
    const resource = readResource(table, manifest.value) as AnyResource
    accepted.set(manifest.key, { manifest, resource })
    findings.push(...notes(manifest, resource))
  }
  return { accepted, findings: [...findings, ...together([...accepted.values()])] }
}

function duplicate(manifest: Manifest, { place, name }: Manifest): Finding {
  const line = findingOf(place, undefined, problem(['metadata', 'name'], '', '')).line
  const message = `must be there once, found ${name} in ${place.file}:${line} too`
  const found = problem(['metadata', 'name'], 'Duplicate', message)
  return findingOf(manifest.place, subjectOf(manifest), found)
}

function together(accepted: readonly Accepted[]): Finding[] {
  const byResource = new Map(accepted.map(({ resource, manifest }) => [resource, manifest]))
  const resources = [...byResource.keys()]
  const clusters = resources.filter((each): each is KafkaCluster => each.kind === 'KafkaCluster')
  const topics = resources.filter((each): each is Topic => each.kind === 'Topic')
  return checkTogether(clusters, topics).map(({ resource, problem }) => {
    const manifest = byResource.get(resource) as Manifest
    return findingOf(manifest.place, subjectOf(manifest), problem)
  })
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
